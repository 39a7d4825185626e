import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signInByKeyboard } from '../console/console-fixture.ts'
import { findChromium, startChromium } from '../support/chromium.ts'
import { adaAndBob, createEmailFixture, MINUTE, PUBLIC_URL } from './email-fixture.ts'

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 120_000 }

test('a mail has the times of its reader, and no links to a console that is not served', async (t) => {
  const fixture = await createEmailFixture(t, { BELFRY_CONSOLE: 'false' })
  const { mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const profile = `/profile/${encodeURIComponent(ada.userId)}/m.tz`
  const mailAbout = async (body: string) => {
    await bob.say(roomId, body)
    clock.advance(24 * 60 * MINUTE)
    const mail = await mailServer.waitFor(({ parsed }) => parsed.text?.includes(body) === true)
    return mail.parsed.text ?? ''
  }
  await ada.put(profile, { 'm.tz': 'Asia/Kolkata' })
  const zoned = await mailAbout('First')
  assert.match(zoned, /[AP]M GMT\+5:30 {2}@bob:localhost:\n {4}First\n/)
  assert.doesNotMatch(zoned, /_belfry\/console/)
  await ada.try('DELETE', profile)
  assert.match(await mailAbout('Second'), /[AP]M UTC {2}@bob:localhost:\n {4}Second\n/)
})

test(
  'the links of a mail open the journey of its event and the devices, after the sign-in',
  options,
  async (t) => {
    assert('path' in chromium)
    const fixture = await createEmailFixture(t)
    const { url, mailServer, clock } = fixture
    const { bob, roomId } = await adaAndBob(fixture, { lang: 'de' })
    const eventId = await bob.say(roomId, 'Ding dong')
    clock.advance(10 * MINUTE)
    const { parsed } = await mailServer.waitFor(
      ({ parsed: { text } }) => text?.includes('Ding dong') === true,
    )
    const linkAfter = (label: string) => {
      const path = new RegExp(`${label}\\s${PUBLIC_URL}(\\S+)\n`).exec(parsed.text ?? '')?.[1]
      assert.ok(path !== undefined, parsed.text ?? '')
      assert.ok(String(parsed.html).includes(`href="${PUBLIC_URL}${path}"`), String(parsed.html))
      return url + path
    }
    const journey = linkAfter('Warum habe ich das bekommen\\?')
    assert.ok(journey.endsWith(encodeURIComponent(eventId)))

    const browser = await startChromium(t, chromium.path)
    const page = await browser.newPage()
    await page.goto(String(journey))
    await signInByKeyboard(page, 'ada')
    await page.waitForSelector('#devices')
    assert.equal(await page.title(), 'Journey of an event · Belfry')
    assert.match(await page.$eval('main', ({ textContent }) => textContent ?? ''), /Ding dong/)
    await page.goto(linkAfter('Einstellungen deiner Geräte'))
    await page.waitForFunction(`document.querySelector('main')?.textContent.includes('ada@example.org')`)
    assert.equal(await page.title(), 'Devices · Belfry')
  },
)

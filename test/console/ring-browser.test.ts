import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { startAutopush } from '../support/autopush.ts'
import { registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { findFirefox, startFirefox } from '../support/firefox.ts'
import { startTestServer } from '../support/server.ts'

const firefox = findFirefox()
/** The test has a time limit, because the browser can hang. */
const options = { skip: 'missing' in firefox ? firefox.missing : false, timeout: 180_000 }

type Shown = { title: string; body: string }

test(
  'a newcomer creates an account in the console, rings the browser, and is notified of messages, also after the push service has replaced the subscription',
  options,
  async (t) => {
    assert('path' in firefox)
    const { url } = await startTestServer(t)
    const autopush = await startAutopush()
    afterTest(t, () => autopush[Symbol.asyncDispose]())
    const browser = await startFirefox(t, { path: firefox.path, pushUrl: autopush.url })
    const page = await browser.newPage()
    await page.goto(`${url}/_belfry/console/`)
    const click = async (label: string) => {
      await page.waitForFunction(
        `[...document.querySelectorAll('button')].some(({ textContent }) => textContent === '${label}')`,
      )
      await page.evaluate(
        `[...document.querySelectorAll('button')].find(({ textContent }) => textContent === '${label}').click()`,
      )
    }
    const shown = () =>
      page.evaluate(`navigator.serviceWorker.ready.then((registration) => registration.getNotifications())
      .then((all) => all.map(({ title, body }) => ({ title, body })))`) as Promise<Shown[]>

    await click('Create an account')
    await page.type('input[name=username]', 'alice')
    await page.type('input[name=password]', 'a perfectly fine password')
    await page.click('button[type=submit]')
    await click('Ring this browser')
    await page.waitForFunction(`document.body.textContent.includes('Your browser shows a notification now.')`)
    const [first] = await eventually(async () => {
      const found = await shown()
      return found.length > 0 && found
    })
    assert.deepEqual(first, { title: 'It rings', body: 'Belfry reaches this browser.' })
    await page.waitForFunction(`document.querySelector('.device-name')?.textContent.includes('This browser')`)

    const bob = await registerUser(url, 'bob')
    const room = await bob.createRoom({ name: 'Lunch', invite: ['@alice:localhost'] })
    await page.evaluate(
      `fetch('/_matrix/client/v3/join/${encodeURIComponent(room)}', { method: 'POST', body: '{}', headers: { 'X-Belfry-Console': 'http' } })`,
    )
    await eventually(async () => {
      const { joined } = await bob.get(`/rooms/${room}/joined_members`)
      return Object.keys(joined as object).length === 2
    })
    const arrived = (text: string) =>
      eventually(async () =>
        (await shown()).some(({ title, body }) => title.includes('Lunch') && body === text),
      )
    const soup = await bob.say(room, 'Soup today')
    await arrived('Soup today')
    await page.goto(`${url}/_belfry/console/journeys/${encodeURIComponent(soup)}`)
    // The service worker has confirmed the push.
    await page.waitForFunction(
      `document.querySelector('.device .steps')?.textContent.includes('has arrived')`,
    )

    const pushers = async () =>
      (await page.evaluate(
        `fetch('/_matrix/client/v3/pushers', { headers: { 'X-Belfry-Console': 'http' } }).then((response) => response.json())`,
      )) as { pushers: { pushkey: string; activated: boolean; device_display_name: string }[] }
    const [old] = (await pushers()).pushers
    autopush.forgetBrowsers()
    const renewed = await eventually(async () => {
      const found = (await pushers()).pushers
      return found.length === 1 && found[0]?.pushkey !== old?.pushkey && found[0]?.activated && found[0]
    })
    assert.equal(renewed.device_display_name, old?.device_display_name)
    await bob.say(room, 'Bread too')
    await arrived('Bread too')
  },
)

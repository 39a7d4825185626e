import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findChromium } from '../support/chromium.ts'
import { signOut } from './actions.ts'
import { type ConsoleFixture, HOSTILE, signInByKeyboard, startConsole } from './console-fixture.ts'
import { type ScreenCase, SCREENS } from './screen-cases.ts'

// Every screen of the console in every state, in Chromium: what it shows, its accessibility, and its content security policy.

const ERRORS = {
  error: { status: 500, body: { errcode: 'M_UNKNOWN', error: HOSTILE } },
  403: { status: 403, body: { errcode: 'M_FORBIDDEN', error: HOSTILE } },
} as const

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 240_000 }

describe('the console in a browser', () => {
  test(
    'a user signs in with the keyboard, sees every screen in every state, and signs out',
    options,
    async (t) => {
      assert('path' in chromium)
      const fixture = await startConsole(t, chromium.path)
      const { page, open, check } = fixture
      await t.test(
        'the link to a journey asks for a password first, and opens with the keyboard only',
        async () => {
          await open(`/journeys/${encodeURIComponent(fixture.eventId)}`)
          await page.waitForSelector('input[name=username]')
          await check('sign in')
          await signInByKeyboard(page)
          await page.waitForSelector('#devices')
          assert.equal(await page.title(), 'Journey of an event · Belfry')
          assert.equal(await page.evaluate('document.cookie + sessionStorage.length'), '0')
        },
      )
      for (const screen of SCREENS) await t.test(screen.name, () => everyState(fixture, screen))
      await t.test('signing out ends the device and removes the cookie', () => signOut(fixture))
    },
  )
})

async function everyState(fixture: ConsoleFixture, screen: ScreenCase): Promise<void> {
  const { page, open, check, text, answer } = fixture
  const path = screen.path(fixture)
  await open(path)
  await page.waitForSelector(screen.drawn)
  const shown = (await text('main')).replaceAll(/[\u2068\u2069]/g, '')
  for (const part of screen.shows) assert.ok(shown.includes(part), `${screen.name} shows ${part}: ${shown}`)
  await check(`${screen.name}, many`)
  await checkWidths(fixture, `${screen.name}, many`)
  for (const [name, body] of Object.entries({ empty: screen.empty, one: screen.one })) {
    answer(screen.data, { status: 200, body })
    await open(path)
    await page.waitForSelector(screen.drawn)
    await check(`${screen.name}, ${name}`)
    await checkWidths(fixture, `${screen.name}, ${name}`)
  }
  for (const [name, response] of Object.entries(ERRORS)) {
    answer(screen.data, response)
    await open(path)
    await page.waitForSelector('main [role=alert]')
    await check(`${screen.name}, ${name}`)
    await checkWidths(fixture, `${screen.name}, ${name}`)
  }
  answer(screen.data, 'nothing')
  await open(path)
  await page.waitForSelector('main .loading')
  await check(`${screen.name}, loading`)
  await page.waitForFunction(`document.body.textContent.includes('takes longer than usual')`)
  answer(screen.data, 'server')
}

/** A small phone (WCAG 2.2, 1.4.10 Reflow), and text of twice the size (1.4.4 Resize Text). */
async function checkWidths({ checkWidth }: ConsoleFixture, about: string): Promise<void> {
  await checkWidth(`${about}, 320 px`, { width: 320, text: '100%' })
  await checkWidth(`${about}, 640 px, text 200 %`, { width: 640, text: '200%' })
  await checkWidth(`${about}, 1280 px, text 200 %`, { width: 1280, text: '200%' })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChromium } from '../support/chromium.ts'
import { signOut } from './actions.ts'
import { signInByKeyboard, startConsole } from './console-fixture.ts'
import { SCREENS } from './screen-cases.ts'
import { administrationStates, everyState, tryRuleStates } from './screen-states.ts'

// Every screen of the console in every state, in Chromium: what it shows, its accessibility, and its content
// security policy.

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 240_000 }

/** The screens of today's devices, journeys and one journey are the first ones. */
const OF_EVENTS = 3

test('the console in a browser', options, async (t) => {
  assert('path' in chromium)
  const fixture = await startConsole(t, chromium.path)
  const { page, open, check } = fixture
  await t.test(
    'a user signs in with the keyboard, sees the screens of events in every state, and signs out',
    async (user) => {
      await user.test(
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
      for (const screen of SCREENS.slice(0, OF_EVENTS))
        await user.test(screen.name, () => everyState(fixture, screen))
      await user.test('signing out ends the device and removes the cookie', () => signOut(fixture))
    },
  )

  await t.test('the screens of settings are shown in every state', async (settings) => {
    await open('/')
    await signInByKeyboard(page)
    for (const screen of SCREENS.slice(OF_EVENTS))
      await settings.test(screen.name, () => everyState(fixture, screen))
    await settings.test('Try a rule', () => tryRuleStates(fixture))
    await settings.test('Administration', () => administrationStates(fixture))
  })
})

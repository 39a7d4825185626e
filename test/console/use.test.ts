import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findChromium } from '../support/chromium.ts'
import {
  applyRemedy,
  countRequests,
  filter,
  live,
  openLink,
  resend,
  ring,
  signOut,
  storeDeviceRule,
  tryRule,
  useKeys,
} from './actions.ts'
import { signInByKeyboard, startConsole } from './console-fixture.ts'

// What a user does in the console, in Chromium.

const chromium = findChromium()
const options = { skip: 'missing' in chromium ? chromium.missing : false, timeout: 240_000 }

describe('the use of the console', () => {
  test('a user reads journeys, and changes rules and devices', options, async (t) => {
    assert('path' in chromium)
    const fixture = await startConsole(t, chromium.path)
    const { page, open, answer } = fixture
    await open('/')
    await signInByKeyboard(page)
    await t.test('a new message appears by itself, and is counted while the reader is further down', () =>
      live(fixture),
    )
    await t.test('filters are in the URL, and older journeys follow on demand', () => filter(fixture))
    await t.test('Try a rule: the result for each device', () => tryRule(fixture))
    await t.test('the rules of a device are changed with the keyboard only', () => storeDeviceRule(fixture))
    await t.test('a remedy of the doctor corrects its finding', () => applyRemedy(fixture))
    await t.test('an event is sent to a device again', () => resend(fixture))
    await t.test('keys move between screens and rows, and can be switched off', () => useKeys(fixture))
    await t.test('the first row needs at most 12 requests', () => countRequests(fixture))
    await t.test('the end of the session in another place shows the form again', async () => {
      answer('/_belfry/console/session', { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: '' } })
      await open('/')
      await page.waitForSelector('input[name=username]')
      answer('/_belfry/console/session', 'server')
    })
    await t.test('the service worker of notifications breaks no policy', () => ring(fixture))
    await t.test('signing out ends the device and removes the cookie', () => signOut(fixture))
    await t.test('a link with a token asks before it signs in, and signing out keeps the token', () =>
      openLink(fixture),
    )
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findChromium } from '../support/chromium.ts'
import { type ConsoleFixture, HOSTILE, signInByKeyboard, startConsole } from './console-fixture.ts'

// Every screen of the console in every state, in Chromium: what it shows, its accessibility, and its content security policy.

type ScreenCase = {
  name: string
  path: (fixture: ConsoleFixture) => string
  /** The path of its main data. */
  data: string
  /** A selector that is there when the data are drawn. */
  drawn: string
  /** Texts that the screen shows with the data of the server. */
  shows: readonly string[]
  /** Responses without an entry and with one entry. */
  empty?: unknown
  one?: unknown
}

const event = ({ eventId }: ConsoleFixture) => encodeURIComponent(eventId)
const PUSHERS = '/_belfry/v1/pushers'
const device = {
  user_id: '@alice:localhost',
  app_id: 'org.example.app',
  pushkey: 'k',
  pushkey_hash: 'h',
  kind: 'http',
  app_display_name: HOSTILE,
  device_display_name: HOSTILE,
  pusher_id: 1,
  instance_handle: HOSTILE,
  gateway: null,
  state: 'failing',
  queued: 3,
  last_success_at: null,
  failing_since: Date.now() - 7_200_000,
  next_attempt_at: Date.now() + 60_000,
  held_until: null,
  last_error: HOSTILE,
  last_error_at: null,
  arrival: {
    state: 'not seen',
    last_arrived_at: Date.now(),
    usual_ms: 800,
    not_seen: 2,
    waiting: 0,
    hour: {},
    day: {},
  },
}
const line = {
  event_id: '$e',
  room_id: HOSTILE,
  room_name: HOSTILE,
  sender: HOSTILE,
  type: HOSTILE,
  at: Date.now(),
  redacted: false,
  decision: { notifies: true, reason: 'notifies', text: HOSTILE, rule: { kind: HOSTILE, rule_id: HOSTILE } },
  devices: ['sent', 'failing', HOSTILE].map((state, index) => ({
    pusher_id: index,
    app_display_name: HOSTILE,
    device_display_name: HOSTILE,
    state,
    reason: HOSTILE,
    text: HOSTILE,
    next_attempt_at: Date.now() + 5_000,
    error: HOSTILE,
    arrived: null,
    not_seen: index === 1,
  })),
}
const journey = {
  event_id: '$e',
  room_id: '!r:localhost',
  type: HOSTILE,
  sender: HOSTILE,
  user_id: '@alice:localhost',
  notifies: false,
  read: true,
  traced: false,
  steps: [{ step: 'stored', reason: 'stored', text: HOSTILE, at: Date.now() }],
  pushers: [],
}
const step = {
  step: 'attempt',
  reason: 'failed',
  text: HOSTILE,
  at: Date.now(),
  attempt: 1,
  status: 410,
  ms: 20,
  error: HOSTILE,
  provider_id: HOSTILE,
}
const failed = {
  app_id: 'a',
  app_display_name: HOSTILE,
  device_display_name: HOSTILE,
  pushkey_hash: 'h',
  removed_at: Date.now(),
  state: HOSTILE,
  reason: HOSTILE,
  steps: [step],
}

const SCREENS: readonly ScreenCase[] = [
  {
    name: 'Today',
    path: () => '/',
    data: PUSHERS,
    drawn: '.device-line, .first',
    shows: [`${HOSTILE} phone`, 'Rings', 'Send a test'],
    empty: { pushers: [], removed: [] },
    one: { pushers: [device], removed: [] },
  },
  {
    name: 'Journeys',
    path: () => '/journeys?since=7d',
    data: '/_belfry/v1/journeys',
    drawn: '.list',
    shows: [`${HOSTILE} room`, `${HOSTILE} phone`, 'Sent', 'Silent', '1 journey', 'Clear filters'],
    empty: { journeys: [], total: 0, total_is_at_least: false },
    one: { journeys: [line], total: 1000, total_is_at_least: true, next_batch: '7' },
  },
  {
    name: 'One journey',
    path: (fixture) => `/journeys/${event(fixture)}`,
    data: '/_belfry/v1/journey',
    drawn: '#devices',
    shows: [
      `${HOSTILE} disk full`,
      `${HOSTILE} room`,
      `${HOSTILE} phone`,
      'Sent',
      'Silenced on this device',
      'Own rule',
    ],
    empty: journey,
    one: { ...journey, notifies: true, traced: true, pushers: [failed] },
  },
]

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
      const { page, open, check, text, answer } = fixture
      await t.test(
        'the link to a journey asks for a password first, and opens with the keyboard only',
        async () => {
          await open(`/journeys/${event(fixture)}`)
          await page.waitForSelector('input[name=username]')
          await check('sign in')
          await signInByKeyboard(page)
          await page.waitForSelector('#devices')
          assert.equal(await page.title(), 'Journey of an event · Belfry')
          assert.equal(await page.evaluate('document.cookie + sessionStorage.length'), '0')
        },
      )
      for (const screen of SCREENS) await t.test(screen.name, () => everyState(fixture, screen))
      await t.test('a new message appears by itself, and is counted while the reader is further down', () =>
        live(fixture),
      )
      await t.test('filters are in the URL, and older journeys follow on demand', () => filter(fixture))
      await t.test('Try a rule: the result for each device', () => tryRule(fixture))
      await t.test('keys move between screens and rows, and can be switched off', () => useKeys(fixture))
      await t.test('the first row needs at most 12 requests', () => countRequests(fixture))
      await t.test('the end of the session in another place shows the form again', async () => {
        answer('/_belfry/console/session', { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN', error: '' } })
        await open('/')
        await page.waitForSelector('input[name=username]')
        answer('/_belfry/console/session', 'server')
      })
      await t.test('the service worker of notifications breaks no policy', () => ring(fixture))
      await t.test('signing out ends the device and removes the cookie', async () => {
        await open('/')
        await page.waitForSelector('.device-line')
        const before = (await fixture.alice.get('/devices'))['devices'] as unknown[]
        await page.evaluate(`[...document.querySelectorAll('.tools button')].at(-1).click()`)
        await page.waitForSelector('input[name=username]')
        assert.equal(
          ((await fixture.alice.get('/devices'))['devices'] as unknown[]).length,
          before.length - 1,
        )
        await open('/')
        await page.waitForSelector('input[name=username]')
        assert.equal((await text('h1')).trim(), 'Belfry')
      })
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
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  await check(`${screen.name}, dark`)
  await page.emulateMediaFeatures([])
  await page.setViewport({ width: 320, height: 700 })
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth'),
    320,
    `${screen.name} at 320 pixels`,
  )
  await page.setViewport({ width: 1280, height: 800 })
  for (const [name, body] of Object.entries({ empty: screen.empty, one: screen.one })) {
    answer(screen.data, { status: 200, body })
    await open(path)
    await page.waitForSelector(screen.drawn)
    await check(`${screen.name}, ${name}`)
  }
  for (const [name, response] of Object.entries(ERRORS)) {
    answer(screen.data, response)
    await open(path)
    await page.waitForSelector('main [role=alert]')
    await check(`${screen.name}, ${name}`)
  }
  answer(screen.data, 'nothing')
  await open(path)
  await page.waitForSelector('main .loading')
  await check(`${screen.name}, loading`)
  await page.waitForFunction(`document.body.textContent.includes('takes longer than usual')`)
  answer(screen.data, 'server')
}

const rows = `document.querySelectorAll('tbody tr').length`

async function live({ page, open, bob, roomId }: ConsoleFixture): Promise<void> {
  await open('/')
  await page.waitForSelector('tbody tr')
  const before = Number(await page.evaluate(rows))
  await bob.say(roomId, 'one more')
  await page.waitForFunction(`${rows} === ${before + 1}`)
  await page.setViewport({ width: 1280, height: 300 })
  await page.evaluate('scrollTo(0, 300)')
  await bob.say(roomId, 'another one')
  await page.waitForFunction(`document.querySelector('.news')?.textContent.includes('1 new')`)
  assert.equal(await page.evaluate(rows), before + 1)
  await page.click('.news button')
  await page.waitForFunction(
    `${rows} === ${before + 2} && document.querySelector('.news').textContent === ''`,
  )
  await page.setViewport({ width: 1280, height: 800 })
}

async function filter({ page, open, answer }: ConsoleFixture): Promise<void> {
  await open('/journeys')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('/')
  assert.equal(await page.evaluate(`document.activeElement.matches('[data-filter]')`), true)
  await page.select('[data-filter]', 'failing')
  await page.waitForFunction(`document.body.textContent.includes('No journey matches')`)
  assert.match(page.url(), /\?state=failing$/)
  await page.evaluate(
    `[...document.querySelectorAll('.filters button')].find(({ textContent }) => textContent === 'Clear filters').click()`,
  )
  await page.waitForSelector('tbody tr')
  assert.match(page.url(), /\/journeys$/)
  const entry = (id: string) => ({ ...line, event_id: id })
  answer('/_belfry/v1/journeys', {
    status: 200,
    body: { journeys: [entry('$1')], total: 2, total_is_at_least: false, next_batch: '1' },
  })
  await open('/journeys?since=24h')
  await page.waitForSelector('tbody tr')
  answer('/_belfry/v1/journeys', {
    status: 200,
    body: { journeys: [entry('$2')], total: 2, total_is_at_least: false },
  })
  await page.evaluate(
    `[...document.querySelectorAll('.list button')].find(({ textContent }) => textContent === 'Load older').click()`,
  )
  await page.waitForFunction(`${rows} === 2`)
  assert.equal(await page.evaluate(`document.body.textContent.includes('Load older')`), false)
  await page.evaluate(`document.activeElement.blur()`)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForFunction(`location.pathname.endsWith('/journeys/%242')`)
  // The heading of the new screen has the focus.
  await page.waitForFunction(`document.activeElement.tagName === 'H1'`)
  answer('/_belfry/v1/journeys', 'server')
}

async function tryRule({ page, open, check, text, roomId, eventId, alice }: ConsoleFixture): Promise<void> {
  await open(`/try?room=${encodeURIComponent(roomId)}&event=${encodeURIComponent(eventId)}`)
  await page.waitForFunction(`document.querySelector('textarea')?.value.includes('disk full')`)
  // Everything in this room is muted, on the phone only.
  const selects = await page.$$('form select')
  await selects[1]?.select('mute')
  await selects[2]?.select('phone')
  await page.click('button[type=submit]')
  await page.waitForSelector('.decisions')
  assert.match(await text('.decisions'), /Nothing.*phone.*Silenced on this device/)
  await check('try a rule')
  await page.setViewport({ width: 320, height: 700 })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  await page.setViewport({ width: 1280, height: 800 })
  await page.evaluate(`document.querySelector('[aria-labelledby=try-result] .actions button').click()`)
  await page.waitForFunction(`document.body.textContent.includes('Saved')`)
  const stored = await alice.get(`/pushrules/device/phone/room/${encodeURIComponent(roomId)}`)
  assert.deepEqual(stored['actions'], [])
}

async function useKeys({ page, open, check }: ConsoleFixture): Promise<void> {
  await open('/')
  await page.waitForSelector('[data-test]')
  await page.keyboard.press('t')
  assert.equal(await page.evaluate(`document.activeElement.matches('[data-test]')`), true)
  await page.keyboard.press('Enter')
  await page.waitForFunction(
    `[...document.querySelectorAll('.device-test [role=status]')].some((status) => status.textContent.startsWith('Sent'))`,
  )
  await page.keyboard.press('?')
  await page.waitForSelector('dialog[open]')
  await check('list of keys')
  await page.click('dialog input[type=checkbox]')
  await page.keyboard.press('Escape')
  await page.waitForFunction(`document.querySelector('dialog[open]') === null`)
  await page.keyboard.press('?')
  assert.equal(await page.$('dialog[open]'), null)
  await page.evaluate(`localStorage.removeItem('belfry.keys')`)
}

async function countRequests({ page, open }: ConsoleFixture): Promise<void> {
  const requests: string[] = []
  const note = (request: { url(): string }) => requests.push(request.url())
  page.on('request', note)
  await open('/')
  await page.waitForSelector('.device-line')
  page.off('request', note)
  assert.ok(requests.length <= 12, requests.join('\n'))
}

async function ring({ page, url, open, check }: ConsoleFixture): Promise<void> {
  await page.browserContext().overridePermissions(url, ['notifications'])
  await open('/')
  await page.waitForSelector('.ring button')
  await page.click('.ring button')
  await page.waitForFunction(`navigator.serviceWorker.controller !== null`)
  assert.equal(
    await page.evaluate(`navigator.serviceWorker.ready.then(({ scope }) => new URL(scope).pathname)`),
    '/_belfry/console/',
  )
  await check('ring this browser')
}

async function openLink({ page, alice, open }: ConsoleFixture): Promise<void> {
  await open(`/journeys?since=24h#token=${alice.token}`)
  await page.waitForSelector('input[name=token]')
  assert.equal(await page.evaluate(`document.querySelector('input[name=token]').value`), alice.token)
  assert.match(page.url(), /\/journeys\?since=24h$/)
  await page.click('button[type=submit]')
  await page.waitForSelector('tbody tr')
  await page.evaluate(`[...document.querySelectorAll('.tools button')].at(-1).click()`)
  await page.waitForSelector('input[name=username], input[name=token]')
  await alice.get('/account/whoami')
}

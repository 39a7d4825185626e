import assert from 'node:assert/strict'
import { type ConsoleFixture, HOSTILE } from './console-fixture.ts'
import { device, type ScreenCase } from './screen-cases.ts'

// The screens of the console in every state: empty, one, many, error, 403, loading, slow.

export const ERRORS = {
  error: { status: 500, body: { errcode: 'M_UNKNOWN', error: HOSTILE } },
  403: { status: 403, body: { errcode: 'M_FORBIDDEN', error: HOSTILE } },
} as const

/** A screen that loads its data when it is opened. */
export async function everyState(fixture: ConsoleFixture, screen: ScreenCase): Promise<void> {
  const { page, open, check, text, answer } = fixture
  const path = screen.path(fixture)
  await open(path)
  await page.waitForSelector(screen.drawn)
  const shown = (await text('main')).replaceAll(/[\u2068\u2069]/g, '')
  for (const part of screen.shows) assert.ok(shown.includes(part), `${screen.name} shows ${part}: ${shown}`)
  await check(`${screen.name}, many`)
  await fixture.checkWidths(`${screen.name}, many`)
  for (const [name, body] of Object.entries({ empty: screen.empty, one: screen.one })) {
    answer(screen.data, { status: 200, body })
    await open(path)
    await page.waitForSelector(screen.drawn)
    await check(`${screen.name}, ${name}`)
    await fixture.checkWidths(`${screen.name}, ${name}`)
  }
  for (const [name, response] of Object.entries(ERRORS)) {
    answer(screen.data, response)
    await open(path)
    await page.waitForSelector('main [role=alert]')
    await check(`${screen.name}, ${name}`)
    await fixture.checkWidths(`${screen.name}, ${name}`)
  }
  answer(screen.data, 'nothing')
  await open(path)
  await page.waitForSelector('main .loading')
  await check(`${screen.name}, loading`)
  await checkSlow(fixture, screen.name)
  answer(screen.data, 'server')
}

const EXPLAIN = '/_belfry/v1/explain'
const ruleLine = (verdict: string) => ({
  scope: 'device',
  instance_handle: HOSTILE,
  kind: HOSTILE,
  rule_id: HOSTILE,
  enabled: true,
  verdict,
  conditions: [{ condition: { kind: HOSTILE, key: HOSTILE }, holds: false, expected: HOSTILE, actual: null }],
})
const decided = (index: number) => ({
  app_id: 'a',
  app_display_name: HOSTILE,
  device_display_name: index % 3 === 2 ? null : `${HOSTILE} ${index}`,
  instance_handle: HOSTILE,
  poke: index % 3 === 0,
  reason: index % 3 === 0 ? null : HOSTILE,
  tweaks: index % 2 === 0 ? { sound: 'default' } : {},
  decided_by: ruleLine('matched'),
  rules: ['matched', 'no match', 'not reached', HOSTILE].map(ruleLine),
})
const changes = (count: number) => ({
  rings: count,
  silent: count,
  differs: count,
  changes: Array.from({ length: count }, (_, index) => ({
    event_id: `$${index}`,
    room_id: HOSTILE,
    room_name: index % 2 === 0 ? HOSTILE : null,
    sender: HOSTILE,
    origin_server_ts: Date.now(),
    change: HOSTILE,
  })),
})
/** One body for both requests: the decisions of the devices, and the preview. */
const explained = (devices: number) => ({
  user_id: '@alice:localhost',
  notify: devices > 0,
  highlight: false,
  decided_by: devices === 0 ? null : ruleLine('matched'),
  reason: null,
  rules: [],
  events: 100,
  is_cut: devices > 1,
  account: changes(devices),
  pushers: Array.from({ length: devices }, (_, index) => ({ ...decided(index), ...changes(devices) })),
})

/** The form alone, and then each response to its requests. */
export async function tryRuleStates(fixture: ConsoleFixture): Promise<void> {
  const { page, open, check, text, answer } = fixture
  const submit = async (shown: string) => {
    await open('/try')
    await page.waitForSelector('textarea')
    await page.click('button[type=submit]')
    await page.waitForSelector(shown)
  }
  await open('/try')
  await page.waitForSelector('textarea')
  await check('Try a rule, the form')
  await fixture.checkWidths('Try a rule, the form')
  await page.type('textarea', '{')
  await page.click('button[type=submit]')
  await page.waitForSelector('main [role=status] .notice')
  assert.match(await text('main [role=status]'), /The event is no JSON/)
  await check('Try a rule, an event that is no JSON')
  for (const [name, count] of Object.entries({ empty: 0, one: 1, many: 4 })) {
    answer(EXPLAIN, { status: 200, body: explained(count) })
    await submit('[aria-labelledby=try-preview]')
    assert.equal((await page.$$('.decisions li')).length, count)
    assert.equal((await text('main')).includes('You have no device yet'), count === 0)
    await page.evaluate(`for (const part of document.querySelectorAll('details')) part.open = true`)
    await check(`Try a rule, ${name}`)
    await fixture.checkWidths(`Try a rule, ${name}`)
  }
  for (const [name, response] of Object.entries(ERRORS)) {
    answer(EXPLAIN, response)
    await submit('main [role=alert]')
    assert.ok((await text('main [role=alert]')).includes(HOSTILE))
    await check(`Try a rule, ${name}`)
    await fixture.checkWidths(`Try a rule, ${name}`)
  }
  answer(EXPLAIN, 'nothing')
  await submit('main .loading')
  await check('Try a rule, loading')
  await checkSlow(fixture, 'Try a rule')
  answer(EXPLAIN, 'server')
}

const PUSHERS = '/_belfry/v1/pushers'
const GATEWAYS = '/_belfry/v1/gateways'
const share = (part: number) => ({ arrived: 9, not_seen: 1, share: part })
const gatewayOf = (gateway: string, more: object = {}) => ({
  gateway,
  app_id: null,
  hour: share(0.4),
  day: share(0.8),
  usual_share: 0.9,
  alarm: null,
  ...more,
})
const troubled = {
  status: 'ok',
  gateway: {
    queued: 1,
    apps: {
      [HOSTILE]: {
        type: 'apns',
        state: 'alarmed',
        in_flight: 1,
        waiting: 2,
        credentials_expire_at: Date.now() + 86_400_000,
        troubles: [{ reason: HOSTILE, since: Date.now() - 1000 }],
      },
    },
  },
}

const alarmed = gatewayOf(HOSTILE, { alarm: { window: 'hour', share: 0.4, usual_share: 0.9, devices: 3 } })
const ADMINISTRATION = {
  empty: { pushers: [], gateways: [], shows: ['No alarm'] },
  one: { pushers: [device], gateways: [alarmed], shows: [HOSTILE, '40% of the pushes', '1 device'] },
  many: {
    pushers: [device, { ...device, pusher_id: 2, state: 'ok' }],
    gateways: [alarmed, gatewayOf(''), gatewayOf('push.example.org', { hour: share(1) })],
    shows: [HOSTILE, '40% of the pushes', 'other gateways', 'Refuses most devices', '1 device'],
  },
}

/** The screen of administrators. The server refuses its data to others. */
export async function administrationStates(fixture: ConsoleFixture): Promise<void> {
  const { page, open, check, text, answer } = fixture
  const path = '/administration'
  await open(path)
  await page.waitForSelector('main [role=alert]')
  await check('Administration, 403')
  await fixture.checkWidths('Administration, 403')
  for (const [name, { pushers, gateways, shows }] of Object.entries(ADMINISTRATION)) {
    answer('/health', name === 'many' ? { status: 200, body: troubled } : 'server')
    answer(PUSHERS, { status: 200, body: { pushers, removed: [] } })
    answer(GATEWAYS, { status: 200, body: { gateways } })
    await open(path)
    await page.waitForSelector('#admin-users')
    const shown = (await text('main')).replaceAll(/[\u2068\u2069]/g, '')
    for (const part of shows) assert.ok(shown.includes(part), `${name}, ${part}: ${shown}`)
    await check(`Administration, ${name}`)
    await fixture.checkWidths(`Administration, ${name}`)
  }
  answer(GATEWAYS, ERRORS.error)
  await open(path)
  await page.waitForSelector('main [role=alert]')
  await check('Administration, error')
  await fixture.checkWidths('Administration, error')
  answer(GATEWAYS, 'nothing')
  await open(path)
  await page.waitForSelector('main .loading')
  await check('Administration, loading')
  await checkSlow(fixture, 'Administration')
  for (const replaced of [GATEWAYS, PUSHERS, '/health']) answer(replaced, 'server')
}

/** Waits until the page says that the server is slow. */
export async function checkSlow(fixture: ConsoleFixture, name: string): Promise<void> {
  const { page, check } = fixture
  await page.waitForFunction(`document.body.textContent.includes('takes longer than usual')`)
  await check(`${name}, slow`)
  await fixture.checkWidths(`${name}, slow`)
}

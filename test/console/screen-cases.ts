import { type ConsoleFixture, HOSTILE } from './console-fixture.ts'

// Every screen of the console, with the data of each state.

export type ScreenCase = {
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
export const device = {
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
export const line = {
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
  pusher_id: 1,
  app_id: 'a',
  app_display_name: HOSTILE,
  device_display_name: HOSTILE,
  pushkey_hash: 'h',
  removed_at: Date.now(),
  state: HOSTILE,
  reason: HOSTILE,
  steps: [step],
}

const removed = {
  app_id: 'a',
  pushkey_hash: 'h',
  app_display_name: HOSTILE,
  device_display_name: HOSTILE,
  reason: HOSTILE,
  removed_at: Date.now(),
  last_success_at: null,
}
const muting = {
  rule_id: HOSTILE,
  default: false,
  enabled: true,
  actions: [],
  conditions: [{ kind: 'event_match', key: 'room_id', pattern: HOSTILE }],
  'org.belfry.until': Date.now() + 3_600_000,
}
const hostileRule = { ...muting, conditions: [{ kind: HOSTILE }] }

export const SCREENS: readonly ScreenCase[] = [
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
  {
    name: 'Devices',
    path: () => '/devices',
    data: PUSHERS,
    drawn: '.device .facts, .notice',
    shows: [`${HOSTILE} phone`, 'tablet', 'Last arrived', 'Settings', 'Send a test'],
    empty: { pushers: [], removed: [] },
    one: { pushers: [device], removed: [removed] },
  },
  {
    name: 'Rules',
    path: () => '/rules',
    data: '/_matrix/client/v3/pushrules/',
    drawn: '#rules-other',
    shows: [
      `${HOSTILE} room`,
      `${HOSTILE} phone`,
      'tablet',
      'Doctor',
      'Notifies without a sound',
      'Silent',
      'Default rules',
    ],
    empty: { global: {} },
    one: { global: { override: [muting, hostileRule] }, device: { [HOSTILE]: { sender: [hostileRule] } } },
  },
]

import { pokeHeads, pokesFollowing } from '../../src/notifications/recipient-facts.ts'
import type { TestContext } from 'node:test'
import type { Selectable } from 'kysely'
import { copyDeviceRules, type RuleChangeDeps } from '../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { createOccupancy } from '../../src/lib/occupancy.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import { makePokeSender, type PokeSender } from '../../src/delivery/send-poke.ts'
import type { DeliveryDeps } from '../../src/delivery/deps.ts'
import { startDelivery } from '../../src/delivery/worker.ts'
import type { Events } from '../../src/lib/events.ts'
import { type DeviceId, systemRandom, type UserId } from '../../src/lib/ids.ts'
import { endBadge, startBadge } from '../../src/notifications/badge.ts'
import { parsePusherChange } from '../../src/pushers/pusher-request.ts'
import type { PusherRow } from '../../src/pushers/pusher-store.ts'
import { removePusher } from '../../src/pushers/remove-pushers.ts'
import { type PusherDeps, setPusher } from '../../src/pushers/set-pusher.ts'
import { createTrace } from '../../src/trace/trace.ts'
import { displayNameAt, loadPokedEvents } from '../../src/rooms/poke-event.ts'
import { type Activity, createActivity } from '../../src/rooms/sync/activity.ts'
import { wordsOf } from '../support/words.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import type { LanesTable } from '../../src/storage/sending-schema.ts'
import {
  type NotificationsFixture,
  NOW,
  createNotificationsFixture,
  room,
  user,
} from '../notifications/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { type ReceivedPoke, startPokeReceiver } from '../support/poke-receiver.ts'

export const alice = user('alice')
export const bob = user('bob')
export const carol = user('carol')
export const room1 = room('room1')

/** A pusher with the columns of its lane. */
export type PusherWithLane = PusherRow & Omit<Selectable<LanesTable>, 'kind'>

/** A call of `Events`. */
export type ReportedEvent = { event: keyof Events; fields: Record<string, unknown> }

/**
 * Everything between a message and its poke, except the authorisation rules of rooms. Alice, bob and carol
 * are members of `room1`. The test moves the clock.
 */
export type DeliveryFixture = {
  db: Database
  fixture: NotificationsFixture
  clock: ManualClock
  pushers: PusherDeps
  rules: RuleChangeDeps
  /** The active devices of users. */
  activity: Activity
  /** Returns the activity of a process that has just started. */
  newActivity(): Activity
  /** The calls of `Events`. */
  reported: ReportedEvent[]
  /**
   * Starts the worker. Its waits in the back-off are the longest possible ones. `await using` it: it must
   * stop before its database is closed.
   */
  start(options?: Partial<DeliveryDeps>): Promise<AsyncDisposable>
  setPusher(userId: UserId, fields: Record<string, unknown>): ReturnType<typeof setPusher>
  pusherRows(): Promise<PusherWithLane[]>
  /** The number of queue items. */
  queued(): Promise<number>
  /** Sends a message to `room1`. Resolves to its position. */
  say(sender: UserId, body: string): Promise<number>
}

export async function createDeliveryFixture(t: TestContext, db: Database): Promise<DeliveryFixture> {
  const fixture = createNotificationsFixture(db)
  const clock = createManualClock(NOW)
  const bus = createLocalBus()
  Object.assign(fixture.deps, { bus, clock })
  const rules: RuleChangeDeps = {
    db,
    bus,
    clock,
    legacyMentionRules: true,
    maxRulesPerUser: 10,
    onRulesChanged: async () => undefined,
  }
  const pushers: PusherDeps = {
    db,
    bus,
    clock,
    random: systemRandom,
    trace: createTrace({ isEnabled: true }),
    maxPushersPerUser: 10,
    checkUrl: async (url) => ({ kind: 'ok', href: url }),
    urlChecks: createOccupancy(100),
    startBadge,
    endBadge,
    copyRules: (tx, of) => copyDeviceRules(rules, tx, of),
  }
  const newActivity = () => createActivity({ bus, clock, random: systemRandom })
  const activity = newActivity()
  const reported: ReportedEvent[] = []
  const send = loopbackSender(t, clock)
  for (const userId of [alice, bob, carol]) await db.transaction((tx) => tx.run(addDevice, { userId }))
  await db.transaction((tx) => tx.run(addRoom, { now: NOW }))
  for (const userId of [alice, bob, carol]) await fixture.join(room1, userId)

  return {
    db,
    fixture,
    clock,
    pushers,
    rules,
    activity,
    newActivity,
    reported,
    async start(options = {}) {
      return startDelivery({
        db,
        bus,
        clock,
        random: {
          token: (bytes) => `owner-${bytes}-${Math.random()}`,
          below: (n) => n - 1,
        },
        log: silentLog,
        trace: pushers.trace,
        events: recordEvents(reported),
        send,
        loadPokedEvents,
        recentEvents: fixture.deps.recentEvents,
        removePusher: (tx, pusherId) => removePusher(pushers, tx, pusherId),
        readHeads: pokeHeads,
        readFollowing: pokesFollowing,
        rulesOf: (q, userId) => rulesetOf(q, userId, { legacyMentionRules: true }),
        ruleSettings: {},
        displayNameAt,
        activeUntil: (of) => activity.activeUntil(of),
        canProve: (device) => !activity.isActive(device),
        concurrency: 64,
        includeContent: true,
        wordsOf,
        drainMs: 8000,
        ...options,
      })
    },
    setPusher: (userId, fields) => {
      const change = parsePusherChange({ ...HTTP_PUSHER, ...fields } as never, {
        handleRequired: false,
        webPush: true,
      })
      return setPusher(pushers, { userId, deviceId: PHONE }, change)
    },
    pusherRows: () => db.all(allPushers, {}),
    queued: async () => (await db.first(outboxSize, {}))?.rows ?? 0,
    say: async (sender, body) => (await fixture.say(room1, sender, body)).position,
  }
}

export const isBadge = (poke: ReceivedPoke) => poke.event_id === undefined

/** The texts of the messages among pokes. */
export const bodies = (pokes: readonly ReceivedPoke[]) =>
  pokes.filter((poke) => !isBadge(poke)).map((poke) => poke.content?.['body'])

/** Resolves when no item is queued and no badge is due, and the worker has reported its results. */
export async function untilIdle(delivery: DeliveryFixture): Promise<void> {
  await eventually(
    async () =>
      (await delivery.queued()) === 0 && (await delivery.pusherRows()).every((row) => row.value_due === 0),
  )
  // The commit of a result is visible before the worker goes on: a transaction on its connection ends after that.
  await delivery.db.transaction((tx) => tx.first(outboxSize, {}))
}

/** Creates a fixture in which bob has a pusher at a gateway. */
export async function setUp(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const delivery = await createDeliveryFixture(t, await open(t))
  const gateway = await startPokeReceiver(t)
  await delivery.setPusher(bob, { data: { url: gateway.url, custom: 7 } })
  return { delivery, gateway }
}

export const PHONE = 'PHONE' as DeviceId

export const HTTP_PUSHER = {
  kind: 'http',
  app_id: 'org.example.app',
  pushkey: 'key',
  app_display_name: 'App',
  device_display_name: 'Phone',
  lang: 'en',
}

function recordEvents(reported: ReportedEvent[]): Events {
  const record = (event: keyof Events) => (fields: Record<string, unknown>) =>
    void reported.push({ event, fields })
  return {
    pokeSent: record('pokeSent'),
    pokeSkipped: record('pokeSkipped'),
    pokeHeld: record('pokeHeld'),
    pokeDropped: record('pokeDropped'),
    pusherFailing: record('pusherFailing'),
    gatewayDown: record('gatewayDown'),
    gatewayBack: record('gatewayBack'),
    pusherRejected: record('pusherRejected'),
    vapidRefused: record('vapidRefused'),
  }
}

export function loopbackSender(t: TestContext, clock: ManualClock): PokeSender {
  const agent = makePokeAgent({ policy: makeIpPolicy(['127.0.0.0/8']), connectionsPerOrigin: 64 })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  return makePokeSender({ agent, clock })
}

const addDevice = query<{ userId: UserId }>()((db, p) =>
  db.insertInto('devices').values({ user_id: p.userId, device_id: PHONE, created_at: 0 }),
)
const addRoom = query<{ now: number }>()((db, p) =>
  db.insertInto('rooms').values({
    room_id: room1,
    version: '12',
    creator: alice,
    created_at: p.now,
    joined_count: 3,
    invited_count: 0,
  }),
)
const allPushers = query()((db) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lane_id', 'pusher_id')
    .selectAll('lanes')
    .selectAll('pushers')
    .orderBy('pusher_id'),
)
const outboxSize = query()((db) =>
  db.selectFrom('lane_items').select((eb) => eb.fn.countAll<number>().as('rows')),
)

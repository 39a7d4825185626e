import { setImmediate } from 'node:timers/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { systemClock } from '../src/lib/clock.ts'
import type { EventId } from '../src/lib/ids.ts'
import { sendMessage } from '../src/rooms/send-event.ts'
import type { Database } from '../src/storage/database.ts'
import { openDatabase } from '../src/storage/open-database.ts'
import { query } from '../src/storage/query.ts'
import { DEADLINE_MS } from '../src/trace/arrival/arrivals.ts'
import { createFetches } from '../src/trace/arrival/fetches.ts'
import { judgePokes } from '../src/trace/arrival/judge.ts'
import { recordProofs } from '../src/trace/arrival/proofs.ts'
import { createTrace } from '../src/trace/trace.ts'
import type { Benchmark, BenchOptions, Report } from './benchmark.ts'
import { createLoad } from './support/load.ts'
import { messageBody } from './support/message.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { startReceiver } from './support/receiver.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import { median, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

// The cost of proofs of arrival, part by part: the parts are too small to be seen in the difference of two
// servers. One part is a value in the record of a poke. The others run in the background. They are compared
// with the CPU time of a whole poke.

const FAN_OUT = 100
const CONVERSATIONS = 64
const ROUNDS = 6
const ROUND_MS = 1000
const MAX_COST = 0.02

const percent = (share: number) => `${figure(share * 100, 2)} %`

/** As many pokes as one transaction of the settler often has. */
const AT_ONCE = 25
const EVENTS = 500
const CALLS = 200_000

/** Microseconds of CPU for each poke, or fetch. */
type Costs = { record: number; judgeUnknown: number; judgeFetched: number; note: number; proof: number }
type Poke = { conversations: number; fanOut: number }

export const arrival: Benchmark = {
  name: 'arrival',
  about: 'what proofs of arrival cost a poke and a fetch, compared with the CPU time of a poke',
  method: [
    'The difference of two servers is smaller than its noise, so each part of a proof of arrival is measured by itself, in one process on SQLite, and compared with the CPU of a whole poke in the same run.',
  ],
  async run(options) {
    const costs = await measureParts()
    return report(costs, await measurePokes(options))
  },
}

async function measurePokes(options: BenchOptions): Promise<Poke> {
  await using receiver = await startReceiver()
  using data = temporaryFolder()
  const rooms = await seedRooms(data.path, receiver.gateway)
  await using program = await launchBelfry(data.path, options)
  await using load = createLoad(program.url, CONVERSATIONS, messageBody)
  const round = async (senders: readonly SeededRoom[], pokes: number) => {
    await receiver.begin(load.next())
    const before = cpuMs(program.pid)
    const { count } = await load.sendFor(senders, ROUND_MS)
    await receiver.end(count * pokes)
    return ((cpuMs(program.pid) - before) * 1000) / (count * pokes)
  }
  const found: Record<keyof Poke, number[]> = { conversations: [], fanOut: [] }
  for (let at = 0; at < ROUNDS; at++) {
    found.conversations.push(await round(rooms.conversations, 1))
    found.fanOut.push(await round(rooms.fanOut, FAN_OUT))
  }
  // The first round compiles the code.
  return { conversations: median(found.conversations.slice(1)), fanOut: median(found.fanOut.slice(1)) }
}

async function seedRooms(data: string, gateway: string) {
  await using seed = await openSeed(data, gateway)
  const conversations = await seed.addConversations(CONVERSATIONS)
  return { conversations, fanOut: [await seed.addRoom(FAN_OUT + 1, FAN_OUT)] }
}

const allEvents = query()((db) =>
  db
    .selectFrom('events')
    .select(['position', 'event_id'])
    .where('type', '=', sql.lit('m.room.message'))
    .orderBy('position'),
)
const pusherOf = query()((db) => db.selectFrom('pushers').select(['pusher_id', 'user_id', 'device_id']))

const trace = createTrace({ isEnabled: true })
const log = pino({ level: 'warn' })

async function measureParts(): Promise<Costs> {
  using data = temporaryFolder()
  {
    await using seed = await openSeed(data.path, 'http://127.0.0.1/_matrix/push/v1/notify')
    const { roomId, sender } = await seed.addRoom(2, 1)
    for (let count = 0; count < EVENTS; count++)
      await sendMessage(seed.rooms, {
        roomId,
        sender: sender.userId,
        type: 'm.room.message',
        content: { msgtype: 'm.text', body: `message ${count}` },
        transaction: { deviceId: sender.deviceId, txnId: `${count}` },
      })
  }
  await using db = await openDatabase(`sqlite:${join(data.path, 'belfry.db')}`, log)
  return await measureOn(db)
}

async function measureOn(db: Database): Promise<Costs> {
  const events = await db.all(allEvents, {})
  const pusher = await db.first(pusherOf, {})
  if (pusher === undefined || pusher.device_id === null) throw new Error('there is no pusher')
  const { pusher_id: pusherId, user_id: userId, device_id: deviceId } = pusher
  const record = async (isFetchExpected: boolean) => {
    for (let at = 0; at < events.length; at += AT_ONCE)
      await db.transaction(async (tx) =>
        trace.recordSteps(
          tx,
          systemClock.now(),
          events.slice(at, at + AT_ONCE).map(({ position }) => ({
            pusherId,
            position,
            result: { kind: 'delivered', reason: 'accepted', status: 200, ms: 3 },
            isFetchExpected,
          })),
        ),
      )
  }
  const later = { ...systemClock, now: () => systemClock.now() + DEADLINE_MS + 1000 }
  const judge = () => judgePokes({ db, clock: later })
  const perEvent = async (work: () => Promise<unknown>) => (await cpuOf(work)) / events.length

  const [without, withValue]: [number[], number[]] = [[], []]
  for (let at = 0; at < 2 * ROUNDS; at++) {
    without.push(await perEvent(() => record(false)))
    withValue.push(await perEvent(() => record(true)))
  }
  const fetches = events.map(({ event_id: eventId }) => ({
    userId,
    deviceId,
    eventId,
    at: systemClock.now(),
  }))
  await judge()
  const proof = await perEvent(() => recordProofs({ db, clock: systemClock }, fetches))
  const judged: number[] = []
  for (let at = 0; at < ROUNDS; at++) {
    await record(true)
    judged.push(await perEvent(judge))
  }
  return {
    record: Math.max(0, median(withValue) - median(without)),
    judgeUnknown: await judgeOthers(db, events.length, judge),
    judgeFetched: median(judged),
    note: noteCost(db, { userId, deviceId }),
    proof,
  }
}

/** Pokes of a message to `FAN_OUT` pushers whose apps never fetch. */
async function judgeOthers(db: Database, events: number, judge: () => Promise<number>): Promise<number> {
  const count = Math.ceil(events / 5)
  const found: number[] = []
  for (let at = 0; at < ROUNDS; at++) {
    for (let position = 0; position < count; position++)
      await db.transaction(async (tx) =>
        trace.recordSteps(
          tx,
          systemClock.now(),
          Array.from({ length: FAN_OUT }, (_, n) => ({
            pusherId: 1_000_000 + n,
            position,
            result: { kind: 'delivered', reason: 'accepted', status: 200, ms: 3 } as const,
            isFetchExpected: true,
          })),
        ),
      )
    found.push((await cpuOf(judge)) / (count * FAN_OUT))
  }
  return median(found)
}

/** A fetch in the request, while the queue is full. */
function noteCost(
  db: Database,
  device: Pick<Parameters<ReturnType<typeof createFetches>['note']>[0], 'userId' | 'deviceId'>,
): number {
  // The timer never ends, so nothing is looked up.
  const clock = { ...systemClock, timer: () => ({ [Symbol.dispose]: () => undefined }) }
  const fetches = createFetches({ db, clock, log, isActive: () => false })
  const fetch = { ...device, eventId: '$event' as EventId }
  const before = process.cpuUsage()
  for (let call = 0; call < CALLS; call++) fetches.note(fetch)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / CALLS
}

/** CPU time of this process, in microseconds. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  await setImmediate()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function report(costs: Costs, poke: Poke): Report {
  const one = (costs.record + costs.judgeFetched) / poke.conversations
  const many = (costs.record + costs.judgeUnknown) / poke.fanOut
  return {
    tables: [
      {
        title: 'Proofs of arrival: CPU, in µs',
        columns: ['', 'µs', 'of a poke'],
        rows: [
          ['a message to one pusher, with its poke', figure(poke.conversations, 1), ''],
          [`a poke of a message to ${FAN_OUT}`, figure(poke.fanOut, 1), ''],
          ['more to record a poke', figure(costs.record, 2), percent(costs.record / poke.conversations)],
          ['the sweep, a poke that was fetched', figure(costs.judgeFetched, 2), percent(one)],
          [
            `the sweep, a poke of ${FAN_OUT} to apps that never fetch`,
            figure(costs.judgeUnknown, 2),
            percent(many),
          ],
          ['a fetch, in its request', figure(costs.note, 3), ''],
          ['a fetch, looked up and stored later', figure(costs.proof, 1), ''],
        ],
      },
    ],
    targets: [
      atMost('a message with its poke: less than 2 % more', { value: one, limit: MAX_COST, unit: 'share' }),
      atMost(`a poke of ${FAN_OUT}: less than 2 % more`, { value: many, limit: MAX_COST, unit: 'share' }),
    ],
    figures: { ...rounded(costs), ...rounded(poke), startedAt: Math.round(monotonicMs()) },
  }
}

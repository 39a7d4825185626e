import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type ChangeOfUser, changePresenceOfMany } from '../src/rooms/presence/change-presence.ts'
import { createDevicePresence } from '../src/rooms/presence/device-presence.ts'
import { changedPresence, shownPresence } from '../src/rooms/presence/seen-presence-store.ts'
import { currentPosition } from '../test/support/current-position.ts'
import type { Benchmark } from './benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { openSeed, type SeededUser } from './support/seed.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

// The cost of presence for a room whose members are all online, in one process on SQLite, without HTTP.

const SIZES = [100, 2000]
const BATCH_SIZE = 500
const CHANGES = 10
const CALLS = 200_000
const ROUNDS = 9
/** A sync or a message must not notice presence. */
const MAX_CALL_NS = 2000

type Costs = {
  syncNs: number
  messageNs: number
  renewalMs: number
  changeMs: number
  initialMs: number
  incrementalMs: number
}

const COLUMNS: Readonly<Record<keyof Costs, [title: string, digits: number]>> = {
  syncNs: ['a sync, ns', 0],
  messageNs: ['a message, ns', 0],
  renewalMs: [`renewal of up to ${BATCH_SIZE} devices, ms`, 1],
  changeMs: ['change of one user, ms', 2],
  initialMs: ['initial sync, ms', 2],
  incrementalMs: [`sync with ${CHANGES} changes, ms`, 2],
}
const NAMES = Object.keys(COLUMNS) as (keyof Costs)[]

export const presence: Benchmark = {
  name: 'presence',
  about: 'what presence costs a sync, a message, and the database, in a room whose members are all online',
  method: [
    'A room of 100 and of 2,000 members who are all online, in one process on SQLite without HTTP.',
    'Measured is what presence adds to a sync and to a message that write nothing, besides the transaction that renews the users and the reading for syncs. All other benchmarks run without presence.',
  ],
  async run() {
    const found: { size: number; costs: Costs }[] = []
    for (const size of SIZES) found.push({ size, costs: await measure(size) })
    const slowest = Math.max(...found.map(({ costs }) => Math.max(costs.syncNs, costs.messageNs)))
    return {
      tables: [
        {
          title: 'Presence: medians',
          columns: ['members', ...NAMES.map((name) => COLUMNS[name][0])],
          rows: found.map(({ size, costs }) => [
            figure(size),
            ...NAMES.map((name) => figure(costs[name], COLUMNS[name][1])),
          ]),
        },
      ],
      targets: [
        atMost(`a sync and a message take at most ${figure(MAX_CALL_NS)} ns more`, {
          value: slowest,
          limit: MAX_CALL_NS,
          unit: 'ns',
        }),
      ],
      figures: Object.fromEntries(found.map(({ size, costs }) => [size, costs])),
    }
  },
}

async function measure(size: number): Promise<Costs> {
  const data = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  try {
    await using seed = await openSeed(data, 'http://127.0.0.1:1/_matrix/push/v1/notify')
    const { sender, members } = await seed.addRoom(size, 0)
    const { db, bus, clock, random } = seed.rooms
    const write = (changes: readonly ChangeOfUser[]) => changePresenceOfMany({ db, bus, clock }, changes)
    for (let at = 0; at < members.length; at += BATCH_SIZE)
      await write(members.slice(at, at + BATCH_SIZE).map((member) => connected(member, clock.now())))
    await using devices = createDevicePresence({ db, bus, clock, random, log: pino({ level: 'silent' }) })
    devices.synced(sender, 'online', 30_000)
    devices.active(sender)
    const read = (since: number, position: number) =>
      db.all(changedPresence, { viewer: sender.userId, since: [since], position: [position], limit: 500 })
    const rounds: Costs[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const [member] = members.slice(round) as [SeededUser]
      const renewed = members.slice(0, BATCH_SIZE).map((one) => connected(one, clock.now()))
      const syncNs = nanoseconds(() => devices.synced(sender, 'online', 30_000))
      const messageNs = nanoseconds(() => devices.active(sender))
      const renewalMs = await milliseconds(() => write(renewed))
      const position = await currentPosition(db)
      const changeMs = await milliseconds(() => write([idle(member)]))
      for (const one of members.slice(round + 1, round + CHANGES)) await write([idle(one)])
      const now = await currentPosition(db)
      rounds.push({
        syncNs,
        messageNs,
        renewalMs,
        changeMs,
        initialMs: await milliseconds(() => db.all(shownPresence, { viewer: sender.userId, limit: 500 })),
        incrementalMs: await milliseconds(() => read(position, now)),
      })
      await write(members.slice(round, round + CHANGES).map((one) => connected(one, clock.now(), 'activity')))
    }
    return rounded(
      Object.fromEntries(NAMES.map((name) => [name, medianOf(rounds, (one) => one[name])])),
    ) as Costs
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

function connected({ userId, deviceId }: SeededUser, now: number, kind?: 'activity'): ChangeOfUser {
  if (kind) return { userId, change: { deviceId, kind } }
  return { userId, change: { deviceId, kind: 'sync', state: 'online', connectedUntil: now + 120_000 } }
}

const idle = ({ userId, deviceId }: SeededUser): ChangeOfUser => ({
  userId,
  change: { deviceId, kind: 'set', state: 'unavailable', statusMessage: null },
})

function nanoseconds(call: () => void): number {
  const startedAt = monotonicMs()
  for (let at = 0; at < CALLS; at++) call()
  return ((monotonicMs() - startedAt) * 1e6) / CALLS
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = monotonicMs()
  await work()
  return monotonicMs() - startedAt
}

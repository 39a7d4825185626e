import { createWorkTimer, type WorkTimer } from '../lib/work-timer.ts'
import { attempt, type AttemptDeps, type Job, type Settled } from './attempt.ts'
import { countsOf } from './queue-text.ts'
import type { Notification } from './notification.ts'
import {
  clearLeases,
  dueOn,
  KEPT_PER_DEVICE,
  LEASE_MS,
  queueLine,
  splitQueueLine,
  lease,
  type LeasedRow,
  linesQueued,
  nextDueOn,
  queueWeight,
  takeExpired,
} from './queue-store.ts'
import type { QueueRoom } from './queue-room.ts'
import type { Recorder } from './recorder.ts'
import { shortHash } from '../lib/short-hash.ts'
import { GATEWAY_WORDS } from '../sending/result-words.ts'
import type { Database } from '../storage/database.ts'

// Sends what is in the queue. An entry goes through these states, all of them in the database:
//
//   waiting ── its time has come, and there is room on its line ──▶ leased ── delivered, rejected, dropped ──▶ gone
//      ▲ │                                                             │
//      │ └── its life is over ──▶ gone                                 │ to be tried again
//      └───────────────────────────────────────────────────────────────┘
//
// A process that dies leaves its leases behind: they run out, or are cleared at the next start of the embedded database. Between
// the provider's answer and the commit that knows of it the process may die; the entry is sent once more then.
//
// One device is sent one entry of the queue at a time, the longest due first. What has just come for it does not wait for
// them: a newer notification is worth more than an older one. Once it is delivered, the others are due.

export type Retries = AsyncDisposable & {
  /** Begins; what a process before has left is taken up. */
  start(): Promise<void>
  /** There is an entry on that line, due then. */
  expect(line: string, at: number): void
  /** Other apps are configured now: all lines are looked at. */
  lookAgain(): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** An attempt is under way for an entry of the queue. */
  goOn(job: Job, queueId: number, trying: Promise<Settled>): void
}

export type RetryDeps = AttemptDeps & { db: Database; recorder: Recorder; room: QueueRoom }

const SWEEP_EVERY_MS = 30_000
const EXPIRED_AT_ONCE = 500
/** A line that is full is looked at again so soon. */
const FULL_FOR_MS = 50
/** For an app that is not configured any more. */
const NOBODY_FOR_MS = 60_000
const LEAST_LOOKED_AT = 2 * KEPT_PER_DEVICE

type Work = RetryDeps & {
  /** When something is due on a line of the queue. */
  readonly dueAt: Map<string, number>
  readonly atWork: Map<number, Promise<void>>
  readonly devicesAtWork: Set<string>
  readonly timer: WorkTimer
}

export function createRetries(deps: RetryDeps): Retries {
  const { db, clock } = deps
  const work: Work = {
    ...deps,
    dueAt: new Map(),
    atWork: new Map(),
    devicesAtWork: new Set(),
    timer: createWorkTimer(clock),
  }
  const { dueAt, atWork, timer } = work
  let tending: Promise<void> = Promise.resolve()
  return {
    async start() {
      await clearLeases(db)
      tending = tend(work)
    },
    expect: (line, at) => expect(work, line, at),
    lookAgain() {
      for (const line of dueAt.keys()) dueAt.set(line, clock.now())
      timer.wakeBy(clock.now())
    },
    async idle() {
      while (atWork.size > 0) await Promise.all(atWork.values())
    },
    goOn: (job, queueId, trying) => goOn(work, job, { queueId, trying }),
    async [Symbol.asyncDispose]() {
      await tending
      await Promise.all(atWork.values())
    },
  }
}

function expect({ dueAt, timer }: Work, line: string, at: number): void {
  dueAt.set(line, Math.min(at, dueAt.get(line) ?? Infinity))
  timer.wakeBy(at)
}

type Trying = { queueId: number; trying: Promise<Settled> }

function goOn(work: Work, job: Job, { queueId, trying }: Trying): void {
  const { atWork, devicesAtWork, clock } = work
  devicesAtWork.add(job.deviceKey)
  const done = finish(work, job, { queueId, trying }).then(() => {
    atWork.delete(queueId)
    devicesAtWork.delete(job.deviceKey)
    expect(work, queueLine(job.device.app_id, job.line), clock.now())
  })
  atWork.set(queueId, done)
}

async function finish(work: Work, job: Job, { queueId, trying }: Trying): Promise<void> {
  try {
    await record(work, job, { queueId, settled: await trying })
  } catch (error) {
    // Its lease runs out by itself.
    work.log.error({ err: error }, 'what became of a notification could not be written')
  }
}

async function record(
  work: Work,
  job: Job,
  { queueId, settled }: { queueId: number; settled: Settled },
): Promise<void> {
  const { recorder, clock } = work
  const { messageKey, deviceKey, recipientKey, device, origin, notification } = job
  if (settled.kind === 'later') {
    const { attempts, at } = settled
    await recorder.write({ kind: 'postpone', queueId, attempts, nextAttemptAt: at })
    expect(work, queueLine(device.app_id, job.line), at)
    return
  }
  const at = clock.now()
  const counts = countsOf(notification)
  await recorder.write({
    kind: 'settle',
    queueId,
    deviceKey,
    ...(messageKey !== undefined && { seen: { messageKey, outcome: GATEWAY_WORDS[settled.kind], at } }),
    ...(settled.kind === 'delivered' && {
      delivered: { deviceKey, recipientKey, at, ...(counts !== undefined && { counts }) },
    }),
    ...(settled.kind === 'rejected' && { rejected: { at, device, isOwn: origin.isOwn } }),
  })
}

/** Takes what is due on a line, as much as there is room for. Resolves to when to look again. */
async function take(work: Work, name: string): Promise<number> {
  const { db, clock, atWork } = work
  const { appId, line } = splitQueueLine(name)
  const app = work.apps().find(appId)
  const now = clock.now()
  if (typeof app === 'string') return now + NOBODY_FOR_MS
  const pauseMs = app.circuits.pauseAt(line)
  if (pauseMs > 0) return now + pauseMs
  if (app.circuits.waiting() > 0 && atWork.size > 0) return now + FULL_FOR_MS
  const places = app.circuits.roomAt(line)
  const looked = Math.max(places, LEAST_LOOKED_AT)
  const due = await db.all(dueOn, { line: name, now, limit: looked })
  const chosen = chooseFrom(work, due, places)
  if (chosen.length > 0) {
    const until = now + LEASE_MS
    const taken = await db.transaction((tx) => tx.all(lease, { queueIds: chosen, now, until }), {
      durably: false,
    })
    for (const row of taken.toSorted((a, b) => a.queue_id - b.queue_id)) send(work, row)
  }
  if (due.length > chosen.length) return now + FULL_FOR_MS
  return (await db.first(nextDueOn, { line: name, now }))?.at ?? Infinity
}

/** One entry of a device. */
function chooseFrom(
  { atWork, devicesAtWork }: Work,
  due: readonly { queue_id: number; device_key: string }[],
  room: number,
): number[] {
  const chosen = new Map<string, number>()
  for (const { queue_id: queueId, device_key: deviceKey } of due) {
    if (chosen.size >= room) break
    if (atWork.has(queueId) || devicesAtWork.has(deviceKey) || chosen.has(deviceKey)) continue
    chosen.set(deviceKey, queueId)
  }
  return [...chosen.values()]
}

function send(work: Work, row: LeasedRow): void {
  const job = jobOf(work, row)
  // An app that has just gone from the configuration: the lease runs out.
  if (job !== undefined) goOn(work, job, { queueId: row.queue_id, trying: attempt(work, job) })
}

async function sweep(work: Work): Promise<void> {
  const { db, clock, room } = work
  for (const { line } of await db.all(linesQueued, {})) expect(work, line, clock.now())
  for (let found = EXPIRED_AT_ONCE; found === EXPIRED_AT_ONCE;) {
    const now = clock.now()
    const expired = await db.transaction((tx) => tx.all(takeExpired, { now, limit: EXPIRED_AT_ONCE }))
    for (const row of expired) tellExpired(work, row, now)
    found = expired.length
  }
  // Among the transactions that change it, so that none of them is missed.
  await db.transaction(async (tx) => room.reset(await tx.all(queueWeight, {})), { durably: false })
}

async function look(work: Work): Promise<number> {
  const { dueAt, clock } = work
  let next = Infinity
  // Those of now: what comes while we look is for the next look.
  const known = Array.from(dueAt)
  for (const [line, at] of known) {
    if (at > clock.now()) {
      next = Math.min(next, at)
      continue
    }
    // Whoever comes from here on is not overlooked.
    dueAt.delete(line)
    const again = await take(work, line)
    if (again < Infinity) dueAt.set(line, Math.min(again, dueAt.get(line) ?? Infinity))
    next = Math.min(next, dueAt.get(line) ?? Infinity)
  }
  return next
}

async function tend(work: Work): Promise<void> {
  const { clock, log, timer, signal } = work
  let sweepAt = clock.now()
  while (!signal.aborted) {
    const round = timer.startRound()
    let until: number
    try {
      if (sweepAt - clock.now() > SWEEP_EVERY_MS) sweepAt = clock.now()
      if (clock.now() >= sweepAt) {
        sweepAt = clock.now() + SWEEP_EVERY_MS
        await sweep(work)
      }
      until = Math.min(sweepAt, await look(work))
    } catch (error) {
      log.error({ err: error }, 'looking into the queue failed')
      until = clock.now() + 1000
    }
    await round.sleepUntil(until, signal)
  }
}

function jobOf({ apps }: RetryDeps, row: LeasedRow): Job | undefined {
  const notification = JSON.parse(row.notification) as Notification
  if (row.counts !== null) notification.counts = JSON.parse(row.counts) as Notification['counts']
  const [device] = notification.devices
  const app = apps().find(row.app_id)
  if (device === undefined || typeof app === 'string') return undefined
  return {
    app,
    line: app.provider.lineOf(device),
    device,
    notification,
    deviceKey: row.device_key,
    recipientKey: row.data_key,
    messageKey: row.message_key ?? undefined,
    origin: { isOwn: row.own === 1, userId: row.user_id ?? undefined },
    expiresAt: row.expires_at,
    attempts: row.attempts,
  }
}

type ExpiredRow = { app_id: string; notification: string; attempts: number }

function tellExpired({ report }: RetryDeps, row: ExpiredRow, at: number): void {
  const notification = JSON.parse(row.notification) as Notification
  report({
    appId: row.app_id,
    pushkeyHash: shortHash(notification.devices[0]?.pushkey ?? ''),
    eventId: notification.event_id ?? undefined,
    roomId: notification.room_id ?? undefined,
    outcome: 'expired',
    reason: 'expired',
    attempt: row.attempts,
    at,
  })
}

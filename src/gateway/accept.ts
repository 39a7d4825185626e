import { CALL_LIFE_MS, isCall } from '../lib/call-events.ts'
import { isCleanText } from '../lib/clean-json.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { TokenBuckets } from '../lib/token-buckets.ts'
import { attempt, type AttemptDeps, type FirstAttempt, type Settled } from './attempt.ts'
import { type Job, jobOf } from './exchange.ts'
import { messageKeyOf } from './keys.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import { bytesOfEntry, type QueueRoom } from './queue-room.ts'
import type { Queue } from './queue.ts'
import { type Entry, LEASE_MS, type QueueEntry } from './queue-store.ts'
import { queueText } from './queue-text.ts'
import type { Recorder } from './recorder.ts'
import type { Known } from './seen-store.ts'
import { stepOf } from './step.ts'

// A notification for one device, from the call of a home server to its answer:
//
//   known already ────────────────────────────────────────────────▶ answer as it was
//   first attempt ── delivered, rejected, dropped ────────────────▶ answer; that it was had is written behind it
//        │   └────── to be tried again ──▶ queued, on the disk ───▶ answer
//        └────────── takes too long ─────▶ queued, on the disk ───▶ answer; the attempt goes on
//
// A process that dies before the answer has promised nothing: the home server comes again.

/** What a device's part of the answer is. `failed`: it could not be accepted; `refused`: its address has too much waiting. */
export type Acceptance = 'accepted' | 'rejected' | 'failed' | 'refused'

export type AcceptDeps = AttemptDeps & {
  recorder: Recorder
  queue: Queue
  /** How long the first attempt is waited for. */
  patience: Deadlines
  /** Per device; those of a device that has too many wait. Undefined: no limit. */
  perDevice?: TokenBuckets | undefined
  /** How long a notification is tried, in milliseconds. */
  lifeMs: number
  room: QueueRoom
}

export function createAcceptor(deps: AcceptDeps) {
  /** What is being accepted, by `messageKey`, until it can be found on the disk. */
  const atWork = new Map<string, Promise<Acceptance>>()
  const unwritten = new Set<Promise<Served>>()

  async function accept(
    device: NotificationDevice,
    notification: Notification,
    origin: Origin,
  ): Promise<Acceptance> {
    const app = deps.apps().find(device.app_id)
    if (typeof app === 'string') {
      const at = deps.clock.now()
      deps.report(
        stepOf({ device, notification }, { outcome: 'configuration error', reason: `${app} app`, at }),
      )
      return 'accepted'
    }
    if (!isCleanText(device.pushkey)) {
      const at = deps.clock.now()
      deps.report(stepOf({ device, notification }, { outcome: 'rejected', reason: 'bad pushkey', at }))
      return 'rejected'
    }
    const messageKey = messageKeyOf(device, notification, origin.userId)
    const life = isCall(notification.type ?? '') ? Math.min(CALL_LIFE_MS, deps.lifeMs) : deps.lifeMs
    const expiresAt = deps.clock.now() + life
    const job = jobOf({ app, device, notification, origin, messageKey, expiresAt, attempts: 0 })
    const before = messageKey === undefined ? undefined : atWork.get(messageKey)
    if (before === undefined) return begin(job)
    deps.report(stepOf(job, { outcome: 'duplicate', reason: 'at work', at: deps.clock.now() }))
    return before
  }

  function begin(job: Job): Promise<Acceptance> {
    const served = serve(deps, job)
    const forget = () => {
      unwritten.delete(served)
      if (job.messageKey !== undefined) atWork.delete(job.messageKey)
    }
    const answer = served.then(({ acceptance, written }) => {
      if (written === undefined) forget()
      else void written.then(forget)
      return acceptance
    })
    if (job.messageKey !== undefined) atWork.set(job.messageKey, answer)
    unwritten.add(served)
    return answer
  }

  return {
    accept,
    /** Resolves when nothing is under way, and all that is known is written. */
    async idle(): Promise<void> {
      while (unwritten.size > 0) await Promise.all([...unwritten].map(async (one) => (await one).written))
    },
  }
}

/** `written`: something is still to be written, and can be found on the disk from then on. It never rejects. */
type Served = { acceptance: Acceptance; written?: Promise<unknown> }

async function serve(deps: AcceptDeps, job: Job): Promise<Served> {
  try {
    const { messageKey, deviceKey } = job
    const known = await deps.recorder.known({ messageKey, deviceKey })
    const answered = isNew(known) ? undefined : await answerFromMemory(deps, job, known)
    if (answered !== undefined) return answered
    const waitMs = deps.perDevice?.take(deviceKey) ?? 0
    if (waitMs > 0) {
      const at = deps.clock.now() + waitMs
      deps.report(
        stepOf(job, { outcome: 'queued', reason: 'too many for this device', at: deps.clock.now() }),
      )
      return await queue(deps, job, { at, attempts: 0, error: null })
    }
    return await firstAttempt(deps, job)
  } catch (error) {
    if (error instanceof AddressFull) {
      deps.report(stepOf(job, { outcome: 'failed', reason: error.message, at: deps.clock.now() }))
      return { acceptance: 'refused' }
    }
    deps.log.error({ err: error }, 'a notification could not be accepted')
    deps.report(stepOf(job, { outcome: 'failed', reason: 'database', at: deps.clock.now() }))
    return { acceptance: 'failed' }
  }
}

const isNew = (known: Known) => known.seen === undefined && known.rejectedAt === undefined

/** Repeats, and devices whose rejection their home server has not heard of yet. */
async function answerFromMemory(
  deps: AcceptDeps,
  job: Job,
  { seen, rejectedAt }: Known,
): Promise<Served | undefined> {
  const { device, deviceKey } = job
  const at = deps.clock.now()
  // Seconds: a pushkey that was set in the second of its rejection is taken for the new one.
  const isSetSince = (then: number) => (device.pushkey_ts ?? 0) * 1000 >= then - 999
  if (seen !== undefined && !(seen.outcome === 'rejected' && isSetSince(seen.at))) {
    deps.report(stepOf(job, { outcome: 'duplicate', reason: seen.outcome, at }))
    return { acceptance: seen.outcome === 'rejected' ? 'rejected' : 'accepted' }
  }
  if (rejectedAt === undefined) return undefined
  await deps.recorder.write({ kind: 'told', deviceKey, until: rejectedAt })
  if (isSetSince(rejectedAt)) return undefined
  deps.report(stepOf(job, { outcome: 'rejected', reason: 'rejected before', at }))
  return { acceptance: 'rejected' }
}

/** Tries once, and waits for it as long as the home server's patience lasts. */
async function firstAttempt(deps: AcceptDeps, job: FirstAttempt): Promise<Served> {
  const trying = attempt(deps, job)
  const late = Promise.withResolvers<undefined>()
  const cancel = deps.patience.add(() => {
    if (job.withdraw) job.withdraw()
    else late.resolve(undefined)
  })
  const settled = await Promise.race([trying, late.promise])
  cancel()
  if (settled === undefined) return whileTrying(deps, job, trying)
  if (settled.kind === 'later') return queue(deps, job, settled)
  const acceptance = settled.kind === 'rejected' ? 'rejected' : 'accepted'
  // A stranger may make up any number of these, and they need no memory.
  if (settled.kind !== 'delivered' && settled.isPlain === true) return { acceptance }
  return { acceptance, written: finish(deps, job, { settled }) }
}

async function queue(
  deps: AcceptDeps,
  job: Job,
  { at, attempts, error }: { at: number; attempts: number; error: string | null },
): Promise<Served> {
  const entry = entryOf(deps, job, { attempts, error, nextAttemptAt: at, takenUntil: null })
  if (entry === undefined) {
    deps.report(stepOf(job, { outcome: 'dropped', reason: 'too large', at: deps.clock.now() }))
    return { acceptance: 'accepted' }
  }
  await enter(deps, entry)
  deps.queue.expect(at)
  return { acceptance: 'accepted' }
}

/** It takes too long: it goes into the queue, in our hands, and what becomes of it is written there. */
async function whileTrying(deps: AcceptDeps, job: Job, trying: Promise<Settled>): Promise<Served> {
  const now = deps.clock.now()
  const taken = { attempts: job.attempts, error: null, nextAttemptAt: now, takenUntil: now + LEASE_MS }
  const entry = entryOf(deps, job, taken)
  // What is too large to wait has this one attempt.
  if (entry === undefined) return { acceptance: 'accepted', written: trying }
  const place = await enter(deps, entry)
  deps.report(stepOf(job, { outcome: 'queued', reason: 'slow provider', at: now }))
  const written = trying.then((settled) => finish(deps, job, { settled, entry: place }))
  return { acceptance: 'accepted', written }
}

/**
 * Writes the result of a first attempt. `entry`: its notification was put into the queue during the attempt. Without one, the home server has its
 * answer, and what is lost of this with the process makes a repeat look new.
 */
async function finish(
  { recorder, queue: waiting, clock, log }: AcceptDeps,
  job: Job,
  { settled, entry }: { settled: Settled; entry?: Entry },
): Promise<void> {
  const now = clock.now()
  try {
    if (settled.kind !== 'later') {
      const { isDue } = await recorder.write({ kind: 'settle', job, result: settled.kind, entry, at: now })
      if (isDue === true) waiting.expect(now)
    } else if (entry !== undefined) {
      const { attempts, at } = settled
      await recorder.write({ kind: 'postpone', entry, attempts, nextAttemptAt: at, now })
      waiting.expect(at)
    }
  } catch (error) {
    // An item of the queue is retried when this attempt can no longer be in flight.
    log.error({ err: error }, 'what became of a notification could not be written')
  }
}

class AddressFull extends Error {
  constructor() {
    super('too much of this address waits')
  }
}

async function enter({ room, recorder }: AcceptDeps, entry: QueueEntry): Promise<Entry> {
  const place = room.reserve(entry)
  if (place === 'address full') throw new AddressFull()
  if (place === 'queue full') throw new Error('the queue is full')
  try {
    const written = await recorder.write({ kind: 'enqueue', entry })
    if (written.entry === undefined) throw new Error('the queue gave no place')
    return written.entry
  } finally {
    room.release(entry)
  }
}

/** Undefined: the notification is too large to wait. */
function entryOf(
  { clock }: AcceptDeps,
  job: Job,
  state: Pick<QueueEntry, 'attempts' | 'error' | 'nextAttemptAt' | 'takenUntil'>,
): QueueEntry | undefined {
  const { notification, device, origin } = job
  const text = queueText(notification, device)
  if (text === undefined) return undefined
  const source = origin.isOwn ? '' : (origin.address ?? '')
  return { ...job, ...state, text, source, bytes: bytesOfEntry(text), queuedAt: clock.now() }
}

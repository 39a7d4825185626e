import { CALL_LIFE_MS, isCall } from '../lib/call-events.ts'
import { isCleanText } from '../lib/clean-json.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { TokenBuckets } from '../lib/token-buckets.ts'
import { attempt, type AttemptDeps, type FirstAttempt, type SettledAttempt } from './attempt.ts'
import { type Job, jobOf } from './exchange.ts'
import { messageKeyOf } from './keys.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import { bytesOfEntry, type QueueCapacity } from './queue-capacity.ts'
import type { Queue } from './queue.ts'
import { type Entry, LEASE_MS, type QueueEntry } from './queue-store.ts'
import { queueText } from './queue-text.ts'
import type { Recorder, Settlement } from './recorder.ts'
import type { Known } from './seen-store.ts'
import { type Step, stepOf } from './step.ts'

// The path of a notification for one device, from the call of a home server to its response:
//
//   known from before ─────────────────────────────────────────────▶ the same response again
//   first attempt ── delivered, rejected, dropped ────────────────▶ response; the record is written after it
//        │   └────── failed, to be retried ───▶ stored in the queue ▶ response
//        └────────── takes too long ──────────▶ stored in the queue ▶ response; the attempt continues
//
// If the process dies before the response, the home server sends the notification again.

/**
 * The result for one device of a call. `failed`: it was not accepted. `refused`: the queue limit of the
 * caller's address is reached.
 */
export type Acceptance = 'accepted' | 'rejected' | 'failed' | 'refused'

/** The steps and results of a notification that its caller writes (`own-pokes.ts`). */
export type Unwritten = { steps: Step[]; results: Settlement[] }

export type AcceptDeps = AttemptDeps & {
  recorder: Recorder
  queue: Queue
  /** The time limit for the response. After it a first attempt no longer delays the response. */
  responseDeadlines: Deadlines
  /** The rate limit for each device. A notification over the limit is queued. Undefined: no limit. */
  perDevice?: TokenBuckets | undefined
  /** How long a notification is retried, in milliseconds. */
  lifeMs: number
  capacity: QueueCapacity
  /** Collects results, instead of writing them. */
  unwritten?: Unwritten
}

/** `instead`: for pokes of this server (`own-pokes.ts`). */
type Accepting = {
  notification: Notification
  origin: Origin
  instead?: Pick<AcceptDeps, 'report' | 'unwritten'>
}

export function createAcceptor(general: AcceptDeps) {
  /** Notifications in progress, by `messageKey`, until a record of them is in the database. */
  const atWork = new Map<string, Promise<Acceptance>>()
  const serving = new Set<ReturnType<typeof serveAndGiveUp>>()

  async function accept(
    device: NotificationDevice,
    { notification, origin, instead }: Accepting,
  ): Promise<Acceptance> {
    const deps = instead === undefined ? general : { ...general, ...instead }
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
    if (before === undefined) return begin(deps, job)
    deps.report(stepOf(job, { outcome: 'duplicate', reason: 'at work', at: deps.clock.now() }))
    return before
  }

  function begin(deps: AcceptDeps, job: Job): Promise<Acceptance> {
    const served = serveAndGiveUp(deps, job)
    const forget = () => {
      serving.delete(served)
      if (job.messageKey !== undefined) atWork.delete(job.messageKey)
    }
    const response = served.then(({ acceptance, written }) => {
      void written.then(forget)
      return acceptance
    })
    if (job.messageKey !== undefined) atWork.set(job.messageKey, response)
    serving.add(served)
    return response
  }

  return {
    accept,
    /** Resolves when no notification is in progress and all results are written. */
    async idle(): Promise<void> {
      while (serving.size > 0) await Promise.all([...serving].map(async (one) => (await one).written))
    },
  }
}

/** `written`: a pending write. A later call finds the notification in the database after it. Never rejects. */
type Served = { acceptance: Acceptance; written?: Promise<unknown> }

/** Lets other processes send a notification that got no record. */
async function serveAndGiveUp(deps: AcceptDeps, job: Job): Promise<Required<Served>> {
  const served = await serve(deps, job)
  const giveUp = async () => {
    await served.written
    await deps.recorder.giveUp(job.messageKey)
  }
  return { ...served, written: giveUp() }
}

async function serve(deps: AcceptDeps, job: Job): Promise<Served> {
  try {
    const { deviceKey } = job
    // A repeat of a notification that its caller writes can only be in the queue.
    const isUnknown = deps.unwritten !== undefined && deps.capacity.isEmpty()
    const known = isUnknown ? {} : await knownWhenFree(deps, job)
    if (known === undefined) {
      deps.report(stepOf(job, { outcome: 'failed', reason: 'at work elsewhere', at: deps.clock.now() }))
      return { acceptance: 'failed' }
    }
    const stored = isNew(known) ? undefined : await responseFromMemory(deps, job, known)
    if (stored !== undefined) return stored
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

const FIRST_LOOK_MS = 50
const MOST_LOOK_MS = 500

/**
 * What is known, after another process that sends the same notification has ended. Undefined: it has not,
 * within the time for the response and the time to store the notification, which begins then.
 */
async function knownWhenFree(deps: AcceptDeps, { messageKey, deviceKey }: Job): Promise<Known | undefined> {
  const { recorder, clock, responseDeadlines, unwritten } = deps
  // The caller of a notification that it writes has a lease on its queue.
  const wanted = { messageKey, deviceKey, isClaiming: unwritten === undefined }
  const waiting = new AbortController()
  let cancel: (() => void) | undefined
  let isLast = false
  for (let ms = FIRST_LOOK_MS; ; ms = Math.min(MOST_LOOK_MS, ms * 2)) {
    const known = await recorder.known(wanted)
    if (known.isElsewhere !== true || isLast) {
      cancel?.()
      return known.isElsewhere === true ? undefined : known
    }
    cancel ??= responseDeadlines.add(() => waiting.abort())
    await clock.sleep(ms, waiting.signal)
    isLast = waiting.signal.aborted
    if (isLast) await clock.sleep(MOST_LOOK_MS)
  }
}

const isNew = (known: Known) => known.seen === undefined && known.rejectedAt === undefined

/** The result for a repeat. Reports a stored rejection to a home server that has not received it yet. */
async function responseFromMemory(
  deps: AcceptDeps,
  job: Job,
  { seen, rejectedAt }: Known,
): Promise<Served | undefined> {
  const { device, deviceKey } = job
  const at = deps.clock.now()
  // `pushkey_ts` has whole seconds: a pushkey set in the second of its rejection counts as set again.
  const isSetSince = (then: number) => (device.pushkey_ts ?? 0) * 1000 >= then - 999
  if (seen !== undefined && !(seen.outcome === 'rejected' && isSetSince(seen.at))) {
    deps.report(stepOf(job, { outcome: 'duplicate', reason: seen.outcome, at }))
    return { acceptance: seen.outcome === 'rejected' ? 'rejected' : 'accepted' }
  }
  if (rejectedAt === undefined) return undefined
  await deps.recorder.write({ kind: 'rejection reported', deviceKey, until: rejectedAt })
  if (isSetSince(rejectedAt)) return undefined
  deps.report(stepOf(job, { outcome: 'rejected', reason: 'rejected before', at }))
  return { acceptance: 'rejected' }
}

/** Makes the first attempt, and waits for it until the time limit for the response. */
async function firstAttempt(deps: AcceptDeps, job: FirstAttempt): Promise<Served> {
  const trying = attempt(deps, job)
  let cancel: (() => void) | undefined
  const settled = await new Promise<SettledAttempt | undefined>((resolve) => {
    cancel = deps.responseDeadlines.add(() => {
      if (job.withdraw) job.withdraw()
      else resolve(undefined)
    })
    void trying.then(resolve)
  })
  cancel?.()
  if (settled === undefined) return whileTrying(deps, job, trying)
  if (settled.kind === 'later') return queue(deps, job, settled)
  const acceptance = settled.kind === 'rejected' ? 'rejected' : 'accepted'
  // Anyone can send any number of these, and a repeat gets the same result, so nothing is stored.
  if (settled.kind !== 'delivered' && settled.isWithoutRequest === true) return { acceptance }
  const { kind: result } = settled
  const write = settled.kind === 'delivered' ? settled.write : undefined
  const settlement = { kind: 'settle', job, result, write, at: deps.clock.now() } as const
  if (deps.unwritten !== undefined) {
    deps.unwritten.results.push(settlement)
    return { acceptance }
  }
  if (write === undefined) return { acceptance, written: finish(deps, job, { settled }) }
  await record(deps, settlement)
  return { acceptance }
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

/**
 * The first attempt takes too long: stores the notification in the queue, marked as in progress. The attempt
 * continues.
 */
async function whileTrying(deps: AcceptDeps, job: Job, trying: Promise<SettledAttempt>): Promise<Served> {
  const now = deps.clock.now()
  const taken = { attempts: job.attempts, error: null, nextAttemptAt: now, takenUntil: now + LEASE_MS }
  const entry = entryOf(deps, job, taken)
  // A notification that is too large for the queue has only this attempt.
  if (entry === undefined)
    return { acceptance: 'accepted', written: trying.then((settled) => finish(deps, job, { settled })) }
  const place = await enter(deps, entry)
  deps.report(stepOf(job, { outcome: 'queued', reason: 'slow provider', at: now }))
  const written = trying.then((settled) => finish(deps, job, { settled, entry: place }))
  return { acceptance: 'accepted', written }
}

/**
 * Writes the result of a first attempt. `entry`: its notification was put into the queue during the attempt.
 * Without an entry, the home server has its response already, and if the process dies now, a repeat is
 * treated as new.
 */
async function finish(
  deps: AcceptDeps,
  job: Job,
  { settled, entry }: { settled: SettledAttempt; entry?: Entry },
): Promise<void> {
  const now = deps.clock.now()
  try {
    if (settled.kind !== 'later') {
      const { kind: result } = settled
      const write = settled.kind === 'delivered' ? settled.write : undefined
      await record(deps, { kind: 'settle', job, result, write, entry, at: now })
    } else if (entry !== undefined) {
      const { attempts, at } = settled
      await deps.recorder.write({ kind: 'postpone', job, entry, attempts, nextAttemptAt: at, now })
      deps.queue.expect(at)
    }
  } catch (error) {
    // A queued item is retried when its `takenUntil` has passed.
    deps.log.error({ err: error }, 'the result of a notification could not be written')
  }
}

async function record({ recorder, queue: waiting }: AcceptDeps, settlement: Settlement): Promise<void> {
  const { isDue } = await recorder.write(settlement)
  if (isDue === true) waiting.expect(settlement.at)
}

class AddressFull extends Error {
  constructor() {
    super('too much of this address waits')
  }
}

async function enter({ capacity, recorder }: AcceptDeps, entry: QueueEntry): Promise<Entry> {
  const place = capacity.reserve(entry)
  if (place === 'address full') throw new AddressFull()
  if (place === 'queue full') throw new Error('the queue is full')
  try {
    const written = await recorder.write({ kind: 'enqueue', entry })
    if (written.entry === undefined) throw new Error('the queue returned no position')
    return written.entry
  } finally {
    capacity.release(entry)
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

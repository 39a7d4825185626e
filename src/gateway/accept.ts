import { CALL_LIFE_MS, isCall } from '../lib/call-events.ts'
import { isCleanText } from '../lib/clean-json.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { TokenBuckets } from '../lib/token-buckets.ts'
import { GATEWAY_WORDS } from '../sending/result-words.ts'
import type { OpenApp } from './apps.ts'
import { attempt, type AttemptDeps, type Job, type Settled, stepOf } from './attempt.ts'
import { deviceKeyOf, messageKeyOf } from './keys.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import { bytesOfEntry, type QueueRoom } from './queue-room.ts'
import { LEASE_MS, type QueueEntry, queueLine } from './queue-store.ts'
import { countsOf, queueText } from './queue-text.ts'
import { recipientKeyOf } from './recipient-key.ts'
import type { Known, Recorder } from './recorder.ts'
import type { Retries } from './retries.ts'
import type { Step } from './step.ts'

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
  retries: Retries
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
      const reason = app === 'unknown' ? 'unknown app' : 'ambiguous app'
      deps.report(bareStep(deps.clock, { device, notification, outcome: 'configuration error', reason }))
      return 'accepted'
    }
    if (!isCleanText(device.pushkey)) {
      deps.report(bareStep(deps.clock, { device, notification, outcome: 'rejected', reason: 'bad pushkey' }))
      return 'rejected'
    }
    const messageKey = messageKeyOf(device, notification, origin.userId)
    const job = newJob(deps, { app, device, notification, origin, messageKey })
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
      return await queue(deps, job, { at, attempts: 0 })
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
async function firstAttempt(deps: AcceptDeps, job: Job): Promise<Served> {
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
  return { acceptance, written: noteSettled(deps, job, GATEWAY_WORDS[settled.kind]) }
}

/** The answer does not wait for this. What is lost of it with the process makes a repeat look new, and nothing worse. */
async function noteSettled(
  deps: AcceptDeps,
  { messageKey, deviceKey, recipientKey, device, line, notification }: Job,
  outcome: 'delivered' | 'rejected' | 'dropped',
): Promise<void> {
  const at = deps.clock.now()
  const counts = countsOf(notification)
  try {
    const woken = await deps.recorder.write({
      kind: 'seen',
      ...(messageKey !== undefined && { seen: { messageKey, outcome, at } }),
      ...(outcome === 'delivered' && {
        delivered: { deviceKey, recipientKey, at, ...(counts !== undefined && { counts }) },
      }),
    })
    if (woken > 0) deps.retries.expect(queueLine(device.app_id, line), at)
  } catch (error) {
    deps.log.error({ err: error }, 'what became of a notification could not be written')
  }
}

async function queue(
  deps: AcceptDeps,
  job: Job,
  { at, attempts }: { at: number; attempts: number },
): Promise<Served> {
  const entry = entryOf(deps, job, { attempts, nextAttemptAt: at, leasedUntil: 0 })
  if (entry === undefined) {
    deps.report(stepOf(job, { outcome: 'dropped', reason: 'too large', at: deps.clock.now() }))
    return { acceptance: 'accepted' }
  }
  await enter(deps, job, entry)
  deps.retries.expect(entry.line, at)
  return { acceptance: 'accepted' }
}

/** It takes too long: it goes into the queue, in our hands, and what becomes of it is written there. */
async function whileTrying(deps: AcceptDeps, job: Job, trying: Promise<Settled>): Promise<Served> {
  const now = deps.clock.now()
  const lease = { attempts: job.attempts, nextAttemptAt: now, leasedUntil: now + LEASE_MS }
  const entry = entryOf(deps, job, lease)
  // What is too large to wait has this one attempt.
  if (entry === undefined) return { acceptance: 'accepted', written: trying }
  const queueId = await enter(deps, job, entry)
  deps.report(stepOf(job, { outcome: 'queued', reason: 'slow provider', at: now }))
  deps.retries.goOn(job, queueId, trying)
  return { acceptance: 'accepted' }
}

class AddressFull extends Error {
  constructor() {
    super('too much of this address waits')
  }
}

async function enter(deps: AcceptDeps, { notification }: Job, entry: QueueEntry): Promise<number> {
  const place = deps.room.reserve(entry)
  if (place === 'address full') throw new AddressFull()
  if (place === 'queue full') throw new Error('the queue is full')
  const counts = countsOf(notification)
  try {
    return await deps.recorder.write({ kind: 'enqueue', entry, ...(counts !== undefined && { counts }) })
  } finally {
    deps.room.release(entry)
  }
}

function entryOf(
  { clock }: AcceptDeps,
  { device, notification, line, deviceKey, recipientKey, messageKey, origin, expiresAt }: Job,
  state: Pick<QueueEntry, 'attempts' | 'nextAttemptAt' | 'leasedUntil'>,
): QueueEntry | undefined {
  const text = queueText(notification, device)
  if (text === undefined) return undefined
  return {
    appId: device.app_id,
    line: queueLine(device.app_id, line),
    deviceKey,
    recipientKey,
    messageKey: messageKey ?? null,
    notification: text,
    countsOnly: !notification.event_id,
    origin,
    source: origin.isOwn ? '' : (origin.address ?? ''),
    bytes: bytesOfEntry(text),
    queuedAt: clock.now(),
    expiresAt,
    ...state,
  }
}

type NewJob = {
  app: OpenApp
  device: NotificationDevice
  notification: Notification
  origin: Origin
  messageKey: string | undefined
}

function newJob({ clock, lifeMs }: AcceptDeps, job: NewJob): Job {
  const { app, device, notification } = job
  const life = isCall(notification.type ?? '') ? Math.min(CALL_LIFE_MS, lifeMs) : lifeMs
  return {
    ...job,
    line: app.provider.lineOf(device),
    deviceKey: deviceKeyOf(device),
    recipientKey: recipientKeyOf({ device, userId: job.origin.userId }) ?? '',
    expiresAt: clock.now() + life,
    attempts: 0,
  }
}

type BareStep = {
  device: NotificationDevice
  notification: Notification
  outcome: 'configuration error' | 'rejected'
  reason: string
}

/** Of what no app is asked about. */
function bareStep(clock: Clock, { device, notification, ...what }: BareStep): Step {
  return {
    appId: device.app_id,
    pushkeyHash: shortHash(device.pushkey),
    eventId: notification.event_id ?? undefined,
    roomId: notification.room_id ?? undefined,
    ...what,
    attempt: 0,
    at: clock.now(),
  }
}

import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { Change, Evidence } from '../sending/circuits.ts'
import type { Pass } from '../sending/line.ts'
import type { SendResult } from '../sending/result.ts'
import { GATEWAY_WORDS } from '../sending/result-words.ts'
import { retryWaitMs } from '../sending/transition.ts'
import type { Apps, OpenApp } from './apps.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import type { ProviderMetrics } from './provider-metrics.ts'
import type { Report, Step } from './step.ts'

/** A notification on its way to one device. */
export type Job = {
  app: OpenApp
  /** Of the provider. */
  line: string
  device: NotificationDevice
  notification: Notification
  deviceKey: string
  /** See `recipientKeyOf`; empty: there is none. */
  recipientKey: string
  messageKey: string | undefined
  origin: Origin
  expiresAt: number
  /** Attempts so far. */
  attempts: number
  /** Gives up waiting for a place, if it still does; it goes into the queue then. */
  withdraw?: () => void
}

/** What is to be done about a job now. `later`: not before `at`; `attempts` have been made by then. */
export type Settled =
  | { kind: 'delivered' }
  /** `isPlain`: it was judged without asking anyone, and a repeat would be judged the same. */
  | { kind: 'rejected' | 'refused'; isPlain?: boolean }
  | { kind: 'later'; at: number; attempts: number }

export type AttemptDeps = {
  /** Those of the configuration as it is now. */
  apps: () => Apps
  clock: Clock
  random: Random
  log: Log
  report: Report
  metrics: ProviderMetrics
  /** Of one attempt. */
  deadlines: Deadlines
  /** The gateway ends. */
  signal: AbortSignal
}

/** An app that the configuration lacks now is looked for again so soon. */
const NO_APP_FOR_MS = 1000

/** Waits for a place on the line, makes one attempt, and says what follows from it. Never rejects. */
export async function attempt(deps: AttemptDeps, job: Job): Promise<Settled> {
  // The configuration may have changed since the job was made.
  const app = deps.apps().find(job.device.app_id)
  if (typeof app === 'string')
    return { kind: 'later', at: deps.clock.now() + NO_APP_FOR_MS, attempts: job.attempts }
  job.app = app
  const release = app.use()
  try {
    return await attemptBy(deps, job)
  } finally {
    release()
  }
}

async function attemptBy(deps: AttemptDeps, job: Job): Promise<Settled> {
  const { app, attempts } = job
  const asked = deps.clock.now()
  const { admission, withdraw } = app.circuits.enter(job.line, { device: job.deviceKey })
  job.withdraw = withdraw
  const admitted = admission instanceof Promise ? await deps.metrics.waited(app, admission) : admission
  delete job.withdraw
  const now = deps.clock.now()
  if (admitted.kind !== 'go') {
    deps.report(stepOf(job, { outcome: 'queued', reason: `line ${admitted.kind}`, at: now }))
    return { kind: 'later', at: now, attempts }
  }
  deps.metrics.queued(app, now - asked)
  const { pass } = admitted
  try {
    return settle(deps, { job, pass, result: await send(deps, job) })
  } finally {
    app.circuits.leave(pass)
  }
}

async function send(deps: AttemptDeps, job: Job): Promise<SendResult> {
  const { app, device, notification, expiresAt } = job
  const ending = new AbortController()
  const end = () => ending.abort()
  deps.signal.addEventListener('abort', end, { once: true })
  const withdraw = deps.deadlines.add(end)
  const late = Promise.withResolvers<typeof ABORTED>()
  // A provider that does not obey its signal must not keep its place for ever.
  ending.signal.addEventListener('abort', () => setImmediate(() => late.resolve(ABORTED)), { once: true })
  const started = deps.clock.now()
  const done = deps.metrics.started(app)
  try {
    const { userId } = job.origin
    const message = { device, notification, expiresAt, attempt: job.attempts + 1, userId }
    const sent = app.provider.send(message, ending.signal)
    const result = await Promise.race([sent, late.promise])
    return { ...result, ms: Math.max(0, deps.clock.now() - started) }
  } catch (error) {
    // Providers never reject: a fault of ours, which must not cost the message.
    deps.log.error({ err: error, app_id: app.id }, 'a provider failed')
    return { kind: 'retry', reason: 'internal fault', ms: 0 }
  } finally {
    withdraw()
    deps.signal.removeEventListener('abort', end)
    done(Math.max(0, deps.clock.now() - started))
  }
}

const ABORTED = { kind: 'retry', reason: 'timeout' } as const

type Attempted = { job: Job; pass: Pass; result: SendResult }

function settle(deps: AttemptDeps, { job, pass, result }: Attempted): Settled {
  const { app } = job
  const { believed, evidence } = judge(deps, job, result)
  const { news } = app.circuits.report(pass, { evidence, reason: result.reason })
  if (result.kind === 'misconfigured') app.recentFaults.note(result.reason)
  else if (news === 'back' && evidence === 'delivered') app.recentFaults.clear()
  tellNews(deps.log, { app, news, evidence, result })
  deps.metrics.answered(app, result)
  const now = deps.clock.now()
  const attempts = job.attempts + 1
  const { status, reason, ms } = result
  const outcome = GATEWAY_WORDS[believed.kind]
  const step = { status, reason, attempt: attempts, ms, at: now, outcome }
  if (believed.kind === 'delivered' || believed.kind === 'rejected' || believed.kind === 'refused') {
    const providerId = believed.kind === 'delivered' ? believed.providerId : undefined
    deps.report(stepOf(job, { ...step, providerId }))
    if (believed.kind === 'delivered') return { kind: 'delivered' }
    return { kind: believed.kind, isPlain: result.status === undefined }
  }
  // A stranger could fill the queue with addresses that are known to be refused.
  if (believed.kind === 'misconfigured' && believed.isOfAddress === true) {
    deps.report(stepOf(job, step))
    return { kind: 'refused', isPlain: true }
  }
  // What the end of the gateway has cut off is the next one's first thing to do.
  if (deps.signal.aborted && result.status === undefined)
    return { kind: 'later', at: now, attempts: job.attempts }
  const asked = believed.kind === 'retry' ? believed.retryAfterMs : undefined
  const at = now + retryWaitMs(attempts, asked, deps.random)
  if (at >= job.expiresAt) {
    deps.report(stepOf(job, step))
    deps.report(stepOf(job, { outcome: 'expired', reason: 'expired', at: now, attempt: attempts }))
    return { kind: 'refused' }
  }
  deps.report(stepOf(job, { ...step, nextAttemptAt: at }))
  return { kind: 'later', at, attempts }
}

/** What is believed of a result, and what it shows of line and app. */
function judge(deps: AttemptDeps, { app, deviceKey }: Job, result: SendResult) {
  const as = (evidence: Evidence, believed: SendResult = result) => ({ believed, evidence })
  switch (result.kind) {
    case 'delivered':
      app.guard.delivered()
      return as('delivered')
    case 'refused':
      return as(result.status === undefined ? 'nothing' : 'answered')
    case 'misconfigured':
      if (result.isOfAddress === true) return as('nothing')
      if (result.isOfDevice === true) return as('answered')
      // Without an answer it is known without regard to the device.
      return as(result.status === undefined ? 'misconfigured' : 'refused')
    case 'retry': {
      if (deps.signal.aborted) return as('nothing')
      const isOutage = result.status === undefined || result.status >= 500
      if (result.isOfDevice === true) return as(result.status === undefined ? 'nothing' : 'answered')
      return as(isOutage ? 'outage' : 'answered')
    }
    case 'rejected': {
      const belief = app.guard.rejected(result, deviceKey)
      if (belief === 'believed') return as(result.status === undefined ? 'nothing' : 'answered')
      const { reason, status, ms } = result
      const held = { kind: 'misconfigured', reason, ...(status !== undefined && { status }), ms } as const
      return as(belief === 'alarm' ? 'alarm' : 'answered', held)
    }
  }
}

type News = { app: OpenApp; news: Change['news']; evidence: Evidence; result: SendResult }

function tellNews(log: Log, { app, news, evidence, result }: News): void {
  if (news === undefined) return
  const fields = { app_id: app.id, type: app.type, reason: result.reason, status: result.status }
  if (news === 'back') log.info({ app_id: app.id, type: app.type }, 'the gateway reaches the provider again')
  else if (evidence === 'alarm')
    log.error(
      fields,
      'the provider rejects nearly everything since the start or the last change of configuration: no pushkey is given up; check the configuration of the app',
    )
  else if (evidence === 'misconfigured' || evidence === 'refused')
    log.error(fields, 'the provider refuses this app: check its configuration; its notifications wait')
  else log.warn(fields, 'the provider does not answer; its notifications wait')
}

export function stepOf(
  { app, device, notification, attempts }: Pick<Job, 'app' | 'device' | 'notification' | 'attempts'>,
  what: Partial<Step> & Pick<Step, 'outcome' | 'reason' | 'at'>,
): Step {
  return {
    appId: device.app_id,
    app: app.id,
    pushkeyHash: shortHash(device.pushkey),
    eventId: notification.event_id ?? undefined,
    roomId: notification.room_id ?? undefined,
    attempt: attempts,
    ...what,
  }
}

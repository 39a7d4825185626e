import { backOffMs } from '../lib/back-off.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { Change, Evidence } from '../sending/circuits.ts'
import type { Pass } from '../sending/line.ts'
import type { Apps, OpenApp } from './apps.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import type { Verdict } from './provider.ts'
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
  | { kind: 'rejected' | 'dropped'; isPlain?: boolean }
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

const LEAST_WAIT_MS = 1000
const MOST_WAIT_MS = 3_600_000

/** Waits for a place on the line, makes one attempt, and says what follows from it. Never rejects. */
export async function attempt(deps: AttemptDeps, job: Job): Promise<Settled> {
  // The configuration may have changed since the job was made.
  const app = deps.apps().find(job.device.app_id)
  if (typeof app === 'string')
    return { kind: 'later', at: deps.clock.now() + LEAST_WAIT_MS, attempts: job.attempts }
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
    const { verdict, ms } = await send(deps, job)
    return settle(deps, { job, pass, verdict, ms })
  } finally {
    app.circuits.leave(pass)
  }
}

async function send(deps: AttemptDeps, job: Job): Promise<{ verdict: Verdict; ms: number }> {
  const { app, device, notification, expiresAt } = job
  const ending = new AbortController()
  const end = () => ending.abort()
  deps.signal.addEventListener('abort', end, { once: true })
  const withdraw = deps.deadlines.add(end)
  const late = Promise.withResolvers<Verdict>()
  // A provider that does not obey its signal must not keep its place for ever.
  ending.signal.addEventListener('abort', () => setImmediate(() => late.resolve(ABORTED)), { once: true })
  const started = deps.clock.now()
  const done = deps.metrics.started(app)
  try {
    const { userId } = job.origin
    const message = { device, notification, expiresAt, attempt: job.attempts + 1, userId }
    const sent = app.provider.send(message, ending.signal)
    const verdict = await Promise.race([sent, late.promise])
    return { verdict, ms: Math.max(0, deps.clock.now() - started) }
  } catch (error) {
    // Providers never reject: a fault of ours, which must not cost the message.
    deps.log.error({ err: error, app_id: app.id }, 'a provider failed')
    return { verdict: { outcome: 'retry', reason: 'internal fault' }, ms: 0 }
  } finally {
    withdraw()
    deps.signal.removeEventListener('abort', end)
    done(Math.max(0, deps.clock.now() - started))
  }
}

const ABORTED: Verdict = { outcome: 'retry', reason: 'timeout' }

type Attempted = { job: Job; pass: Pass; verdict: Verdict; ms: number }

function settle(deps: AttemptDeps, { job, pass, verdict, ms }: Attempted): Settled {
  const { app } = job
  const { believed, evidence } = judge(deps, job, verdict)
  const { news } = app.circuits.report(pass, { evidence, reason: verdict.reason })
  if (verdict.outcome === 'configuration error') app.recentFaults.note(verdict.reason)
  else if (news === 'back' && evidence === 'delivered') app.recentFaults.clear()
  tellNews(deps.log, { app, news, evidence, verdict })
  deps.metrics.answered(app, verdict)
  const now = deps.clock.now()
  const attempts = job.attempts + 1
  const step = { status: verdict.status, reason: verdict.reason, attempt: attempts, ms, at: now }
  if (believed.outcome === 'delivered' || believed.outcome === 'rejected' || believed.outcome === 'dropped') {
    const providerId = believed.outcome === 'delivered' ? believed.providerId : undefined
    deps.report(stepOf(job, { ...step, outcome: believed.outcome, providerId }))
    if (believed.outcome === 'delivered') return { kind: 'delivered' }
    return { kind: believed.outcome, isPlain: verdict.status === undefined }
  }
  // A stranger could fill the queue with addresses that are known to be refused.
  if (believed.outcome === 'configuration error' && believed.isOfAddress === true) {
    deps.report(stepOf(job, { ...step, outcome: believed.outcome }))
    return { kind: 'dropped', isPlain: true }
  }
  // What the end of the gateway has cut off is the next one's first thing to do.
  if (deps.signal.aborted && verdict.status === undefined)
    return { kind: 'later', at: now, attempts: job.attempts }
  const at = now + waitMs(deps.random, attempts, believed)
  if (at >= job.expiresAt) {
    deps.report(stepOf(job, { ...step, outcome: believed.outcome }))
    deps.report(stepOf(job, { outcome: 'expired', reason: 'expired', at: now, attempt: attempts }))
    return { kind: 'dropped' }
  }
  deps.report(stepOf(job, { ...step, outcome: believed.outcome, nextAttemptAt: at }))
  return { kind: 'later', at, attempts }
}

function waitMs(random: Random, attempts: number, verdict: Verdict): number {
  const asked = verdict.outcome === 'retry' ? verdict.retryAfterMs : undefined
  const clamped = asked === undefined ? 0 : Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, asked))
  return Math.max(clamped, backOffMs(attempts, random))
}

/** What is believed of a verdict, and what it shows of line and app. */
function judge(deps: AttemptDeps, { app, deviceKey }: Job, verdict: Verdict) {
  const as = (evidence: Evidence, believed: Verdict = verdict) => ({ believed, evidence })
  switch (verdict.outcome) {
    case 'delivered':
      app.guard.delivered()
      return as('delivered')
    case 'dropped':
      return as(verdict.status === undefined ? 'nothing' : 'answered')
    case 'configuration error':
      if (verdict.isOfAddress === true) return as('nothing')
      if (verdict.isOfDevice === true) return as('answered')
      // Without an answer it is known without regard to the device.
      return as(verdict.status === undefined ? 'misconfigured' : 'refused')
    case 'retry': {
      if (deps.signal.aborted) return as('nothing')
      const isOutage = verdict.status === undefined || verdict.status >= 500
      if (verdict.isOfDevice === true) return as(verdict.status === undefined ? 'nothing' : 'answered')
      return as(isOutage ? 'outage' : 'answered')
    }
    case 'rejected': {
      const belief = app.guard.rejected(verdict, deviceKey)
      if (belief === 'believed') return as(verdict.status === undefined ? 'nothing' : 'answered')
      const { reason, status } = verdict
      const held: Verdict = {
        outcome: 'configuration error',
        reason,
        ...(status !== undefined && { status }),
      }
      return as(belief === 'alarm' ? 'alarm' : 'answered', held)
    }
  }
}

type News = { app: OpenApp; news: Change['news']; evidence: Evidence; verdict: Verdict }

function tellNews(log: Log, { app, news, evidence, verdict }: News): void {
  if (news === undefined) return
  const fields = { app_id: app.id, type: app.type, reason: verdict.reason, status: verdict.status }
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

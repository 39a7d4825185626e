import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import type { Change, Evidence } from '../sending/circuits.ts'
import type { SendResult } from '../sending/result.ts'
import { GATEWAY_WORDS, type GatewayWord } from '../sending/result-words.ts'
import type { OpenApp } from './apps.ts'
import { deviceKeyOf } from './keys.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import type { ProviderMetrics } from './provider-metrics.ts'
import { recipientKeyOf } from './recipient-key.ts'
import { type Report, stepOf } from './step.ts'

// One exchange with a provider, and what is believed of its result. First attempts (`attempt.ts`) and the attempts of the queue
// (`push-port.ts`) go through it.

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
}

type Derived = 'line' | 'deviceKey' | 'recipientKey'

/** A job, with what follows from its app, its device and its origin. */
export const jobOf = <Given extends Omit<Job, Derived>>(given: Given): Given & Pick<Job, Derived> => ({
  ...given,
  line: given.app.provider.lineOf(given.device),
  deviceKey: deviceKeyOf(given.device),
  recipientKey: recipientKeyOf({ device: given.device, userId: given.origin.userId }) ?? '',
})

export type ExchangeDeps = {
  report: Report
  clock: Clock
  log: Log
  metrics: ProviderMetrics
  /** Of one attempt. */
  deadlines: Deadlines
  /** The gateway ends. */
  signal: AbortSignal
}

/**
 * `result`: as the provider says. `believed`: what is made of it; `outcome`: the word for that. `evidence`: what it shows about line and
 * app.
 */
export type Exchange = { result: SendResult; believed: SendResult; outcome: GatewayWord; evidence: Evidence }

/** Makes one attempt. Never rejects. */
export async function exchange(deps: ExchangeDeps, job: Job): Promise<Exchange> {
  const { app } = job
  const result = await send(deps, job)
  if (result.kind === 'misconfigured') app.recentFaults.note(result.reason)
  deps.metrics.answered(app, result)
  const { believed, evidence } = judge(deps, job, result)
  // Of an address that may not be called nothing is kept, but it is told as what it is.
  const { kind } = result.kind === 'misconfigured' ? result : believed
  return { result, believed, evidence, outcome: GATEWAY_WORDS[kind] }
}

/** The end of the gateway has cut the attempt off: it is the next one's first thing to do. */
export const isCutOff = ({ signal }: Pick<ExchangeDeps, 'signal'>, { result, believed }: Exchange) =>
  signal.aborted &&
  result.status === undefined &&
  (believed.kind === 'retry' || believed.kind === 'misconfigured')

async function send(deps: ExchangeDeps, job: Job): Promise<SendResult> {
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

function judge(deps: Pick<ExchangeDeps, 'signal'>, { app, deviceKey }: Job, result: SendResult) {
  const as = (evidence: Evidence, believed: SendResult = result) => ({ believed, evidence })
  switch (result.kind) {
    case 'delivered':
      app.guard.delivered()
      return as('delivered')
    case 'refused':
      return as(result.status === undefined ? 'nothing' : 'answered')
    case 'misconfigured':
      // A stranger could fill the queue with addresses that are known to be refused.
      if (result.isOfAddress === true) return as('nothing', { kind: 'refused', ...plain(result) })
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
      return as(belief === 'alarm' ? 'alarm' : 'answered', { kind: 'misconfigured', ...plain(result) })
    }
  }
}

const plain = ({ reason, status, ms }: SendResult) => ({
  reason,
  ...(status !== undefined && { status }),
  ms,
})

type Told = { app: OpenApp; evidence: Evidence; result: SendResult }

/** The circuit of a line, or of an app, has opened or closed. */
export function tellNews(log: Log, news: Change['news'], { app, evidence, result }: Told): void {
  if (news === undefined) return
  if (news === 'back' && evidence === 'delivered') app.recentFaults.clear()
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

/** `nextAttemptAt`: the time of the next attempt; absent: none. */
type Attempted = { exchanged: Exchange; at: number; nextAttemptAt?: number | undefined }

/** Reports an attempt. A notification that expires before its next attempt is reported as expired too. */
export function reportAttempt(report: Report, job: Job, { exchanged, at, nextAttemptAt }: Attempted): void {
  const { result, believed, outcome } = exchanged
  const { status, reason, ms } = result
  const attempt = job.attempts + 1
  const isRetried = nextAttemptAt !== undefined && nextAttemptAt < job.expiresAt
  const providerId = believed.kind === 'delivered' ? believed.providerId : undefined
  const step = { outcome, status, reason, attempt, ms, at, providerId }
  report(stepOf(job, { ...step, ...(isRetried && { nextAttemptAt }) }))
  if (nextAttemptAt !== undefined && !isRetried)
    report(stepOf(job, { outcome: 'expired', reason: 'expired', at, attempt }))
}

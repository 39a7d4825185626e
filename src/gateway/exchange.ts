import type { Clock } from '../lib/clock.ts'
import type { Deadlines } from '../lib/deadlines.ts'
import type { Log } from '../lib/log.ts'
import type { Change, Evidence } from '../sending/circuits.ts'
import { isFailure, type SendResult } from '../sending/result.ts'
import { GATEWAY_WORDS, type GatewayWord } from '../sending/result-words.ts'
import type { OpenApp } from './apps.ts'
import { deviceKeyOf } from './keys.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import type { Origin } from './origin.ts'
import type { ProviderResult, Write } from './provider.ts'
import type { ProviderMetrics } from './provider-metrics.ts'
import { recipientKeyOf } from './recipient-key.ts'
import { type Report, stepOf } from './step.ts'

// One request to a provider, and the interpretation of its result. Used by first attempts (`attempt.ts`) and
// by the queue (`push-port.ts`).

/** A notification for one device. */
export type Job = {
  app: OpenApp
  /** See `Provider.lineOf`. */
  line: string
  device: NotificationDevice
  notification: Notification
  deviceKey: string
  /** See `recipientKeyOf`; empty: none. */
  recipientKey: string
  messageKey: string | undefined
  origin: Origin
  expiresAt: number
  /** The number of attempts so far. */
  attempts: number
}

type Derived = 'line' | 'deviceKey' | 'recipientKey'

/** Adds the fields that follow from the app, the device and the origin. */
export const jobOf = ({
  app,
  device,
  notification,
  messageKey,
  origin,
  ...when
}: Omit<Job, Derived>): Job => ({
  app,
  line: app.provider.lineOf(device),
  device,
  notification,
  deviceKey: deviceKeyOf(device),
  recipientKey: recipientKeyOf({ device, userId: origin.userId }) ?? '',
  messageKey,
  origin,
  expiresAt: when.expiresAt,
  attempts: when.attempts,
})

export type ExchangeDeps = {
  report: Report
  clock: Clock
  log: Log
  metrics: ProviderMetrics
  /** The time limits of attempts. A stop of the gateway ends all of them. */
  deadlines: Deadlines
  /** Aborts when the gateway stops, before the attempts in flight end. */
  signal: AbortSignal
}

/**
 * `result`: the response of the provider. `believed`: the result that counts. `outcome`: the word for it.
 * `evidence`: what it shows about the line and the app. `write`: see `ProviderResult`.
 */
export type Exchange = {
  result: SendResult
  believed: SendResult
  outcome: GatewayWord
  evidence: Evidence
  write?: Write | undefined
}

/** Makes one attempt. Never rejects. */
export async function exchange(deps: ExchangeDeps, job: Job): Promise<Exchange> {
  const { app } = job
  const result = await send(deps, job)
  const { write } = result
  if (write !== undefined) delete result.write
  if (result.kind === 'misconfigured') app.recentFaults.note(result.reason)
  deps.metrics.responded(app, result)
  const { believed, evidence } = judge(deps, job, result)
  // A notification for a forbidden address is not stored, but it is reported as a configuration error.
  const { kind } = result.kind === 'misconfigured' ? result : believed
  return { result, believed, evidence, outcome: GATEWAY_WORDS[kind], write }
}

/** The stop of the gateway has aborted the attempt. It does not count, and is repeated after the next start. */
export const isCutOff = ({ signal }: Pick<ExchangeDeps, 'signal'>, { result, believed }: Exchange) =>
  signal.aborted && result.status === undefined && isFailure(believed)

async function send(deps: ExchangeDeps, job: Job): Promise<SendResult & { write?: Write }> {
  const { app, device, notification, expiresAt } = job
  const { userId } = job.origin
  const started = deps.clock.now()
  const done = deps.metrics.started(app)
  const ending = new AbortController()
  let withdraw: (() => void) | undefined
  try {
    const result = await new Promise<ProviderResult>((resolve, reject) => {
      withdraw = deps.deadlines.add(() => {
        ending.abort()
        // A provider that ignores its abort signal must not keep its slot.
        setImmediate(() => resolve(ABORTED))
      })
      const message = { device, notification, expiresAt, attempt: job.attempts + 1, userId }
      app.provider.send(message, ending.signal).then(resolve, reject)
    })
    return { ...result, ms: Math.max(0, deps.clock.now() - started) }
  } catch (error) {
    // Providers must not reject. If one does, that is a bug, and the notification is retried.
    deps.log.error({ err: error, app_id: app.id }, 'a provider failed')
    return { kind: 'retry', reason: 'internal fault', ms: 0 }
  } finally {
    withdraw?.()
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
      return as(result.status === undefined ? 'nothing' : 'responded')
    case 'misconfigured':
      // Not queued: anyone can send notifications to forbidden addresses, and they would fill the queue.
      if (result.isOfAddress === true) return as('nothing', { kind: 'refused', ...plain(result) })
      if (result.isOfDevice === true) return as('responded')
      // Without a response, the error concerns all devices.
      return as(result.status === undefined ? 'misconfigured' : 'refused')
    case 'retry': {
      if (deps.signal.aborted) return as('nothing')
      const isOutage = result.status === undefined || result.status >= 500
      if (result.isOfDevice === true) return as(result.status === undefined ? 'nothing' : 'responded')
      return as(isOutage ? 'outage' : 'responded')
    }
    case 'rejected': {
      const belief = app.guard.rejected(result, deviceKey)
      if (belief === 'believed') return as(result.status === undefined ? 'nothing' : 'responded')
      return as(belief === 'alarm' ? 'alarm' : 'responded', { kind: 'misconfigured', ...plain(result) })
    }
  }
}

const plain = ({ reason, status, ms }: SendResult) => ({
  reason,
  ...(status !== undefined && { status }),
  ms,
})

type LoggedResult = { app: OpenApp; evidence: Evidence; result: SendResult }

/** Logs that the circuit breaker of a line or of an app has opened or closed. */
export function logCircuitChange(
  log: Log,
  news: Change['news'],
  { app, evidence, result }: LoggedResult,
): void {
  if (news === undefined) return
  if (news === 'back' && evidence === 'delivered') app.recentFaults.clear()
  const fields = { app_id: app.id, type: app.type, reason: result.reason, status: result.status }
  if (news === 'back')
    log.info({ app_id: app.id, type: app.type }, 'the gateway can reach the provider again')
  else if (evidence === 'alarm')
    log.error(
      fields,
      'the provider has rejected nearly all devices since the start or the last change of the configuration: no pushkey is rejected; check the configuration of the app',
    )
  else if (evidence === 'misconfigured' || evidence === 'refused')
    log.error(fields, 'the provider refuses this app; its notifications wait; check its configuration')
  else log.warn(fields, 'the provider does not respond; the notifications of the app wait')
}

/** `nextAttemptAt`: the time of the next attempt; absent: there is none. */
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

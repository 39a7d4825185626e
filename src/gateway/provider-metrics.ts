import { memoised } from '../lib/memoised.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { OpenApp } from './apps.ts'
import type { SendResult } from '../sending/result.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Sygnal's types in the names of its metrics. Sygnal has no status codes of Web Push. */
const SYGNAL_TYPES = { apns: 'apns', gcm: 'gcm', webpush: 'webpush' } as const
const HAS_CODES = ['apns', 'gcm'] as const

type SygnalType = keyof typeof SYGNAL_TYPES

/** Metrics of each attempt, the same for all providers, under Belfry's and Sygnal's names. */
export type ProviderMetrics = {
  /** Counts a message while it waits for a slot. */
  waited<T>(app: OpenApp, entrance: Promise<T>): Promise<T>
  /** Records the time that a message has waited for a slot. */
  queued(app: OpenApp, ms: number): void
  /** An attempt starts; the returned function ends it. */
  started(app: OpenApp): (ms: number) => void
  responded(app: OpenApp, result: SendResult): void
}

export function createProviderMetrics(metrics: Metrics): ProviderMetrics {
  const { byType, byApp, codesOf } = attemptInstruments(metrics)
  return {
    async waited({ type }, entrance) {
      const of = byType(type)
      of.pending.inc()
      of.alias?.pending?.inc()
      try {
        return await entrance
      } finally {
        of.pending.dec()
        of.alias?.pending?.dec()
      }
    },
    queued({ type }, ms) {
      const of = byType(type)
      of.queue.observe(ms / 1000)
      of.alias?.queue?.observe(ms / 1000)
    },
    started({ type }) {
      const of = byType(type)
      of.active.inc()
      of.alias?.active.inc()
      return (ms) => {
        of.active.dec()
        of.alias?.active.dec()
        of.took.observe(ms / 1000)
        of.alias?.took.observe(ms / 1000)
      }
    },
    responded({ id, type }, { status }) {
      if (status === undefined) return
      const code = String(status)
      byApp(id)(code).inc()
      codesOf(type)?.inc({ pushkin: id, code })
    },
  }
}

function attemptInstruments(metrics: Metrics) {
  const queue = metrics.histogram(
    'belfry_gateway_queue_seconds',
    'Time that a message waits for a free slot',
    {
      labels: ['type'],
      buckets: SECONDS,
    },
  )
  const took = metrics.histogram(
    'belfry_gateway_attempt_seconds',
    'Duration of an attempt to send a message',
    {
      labels: ['type'],
      buckets: SECONDS,
    },
  )
  const active = metrics.gauge('belfry_gateway_attempts_in_flight', 'Attempts in flight', ['type'])
  const pending = metrics.gauge('belfry_gateway_attempts_waiting', 'Messages that wait for a free slot', [
    'type',
  ])
  const responses = metrics.counter('belfry_gateway_answers_total', 'Responses of providers by HTTP status', [
    'app',
    'code',
  ])
  const sygnal = sygnalMetrics(metrics)
  // A lookup of labels costs more than the rest of the measurement, so the labels of a type are bound once.
  const byType = memoised((type) => ({
    queue: queue.labels(type),
    took: took.labels(type),
    active: active.labels(type),
    pending: pending.labels(type),
    alias: sygnal.of(type),
  }))
  const byApp = memoised((id) => memoised((code) => responses.labels(id, code)))
  return { byType, byApp, codesOf: sygnal.codesOf }
}

function sygnalMetrics(metrics: Metrics) {
  const isSygnal = (type: string): type is SygnalType => Object.hasOwn(SYGNAL_TYPES, type)
  const made = {
    apns: aliasesOf(metrics, 'apns'),
    gcm: { ...aliasesOf(metrics, 'gcm'), ...queueOf(metrics, 'gcm') },
    webpush: { ...aliasesOf(metrics, 'webpush'), ...queueOf(metrics, 'webpush') },
  }
  const codes = Object.fromEntries(
    HAS_CODES.map((type) => [
      type,
      metrics.counter(`sygnal_${type}_status_codes`, `Responses of ${type} by HTTP status`, [
        'pushkin',
        'code',
      ]),
    ]),
  )
  type Aliases = ReturnType<typeof aliasesOf> & Partial<ReturnType<typeof queueOf>>
  return {
    of: (type: string): Aliases | undefined => (isSygnal(type) ? made[type] : undefined),
    codesOf: (type: string) => codes[type],
  }
}

function aliasesOf(metrics: Metrics, type: SygnalType) {
  return {
    took: metrics.histogram(`sygnal_${type}_request_time`, `As belfry_gateway_attempt_seconds, for ${type}`, {
      buckets: SECONDS,
    }),
    active: metrics.gauge(
      `sygnal_active_${type}_requests`,
      `As belfry_gateway_attempts_in_flight, for ${type}`,
    ),
  }
}

function queueOf(metrics: Metrics, type: SygnalType) {
  return {
    queue: metrics.histogram(`sygnal_${type}_queue_time`, `As belfry_gateway_queue_seconds, for ${type}`, {
      buckets: SECONDS,
    }),
    pending: metrics.gauge(
      `sygnal_pending_${type}_requests`,
      `As belfry_gateway_attempts_waiting, for ${type}`,
    ),
  }
}

/** Metrics of the state of each app, read when the metrics are collected. */
export function watchApps(
  metrics: Metrics,
  { apps, queueSize }: { apps: () => readonly OpenApp[]; queueSize: () => number },
): void {
  const expiry = metrics.gauge(
    'belfry_gateway_credentials_expire_seconds',
    'Expiry of the credentials of an app, in seconds since the Unix epoch',
    ['app'],
  )
  const certificates = metrics.gauge(
    'sygnal_client_cert_expiry',
    'As belfry_gateway_credentials_expire_seconds',
    ['pushkin'],
  )
  const broken = metrics.gauge(
    'belfry_gateway_lines_resting',
    'Paused providers and push services of an app',
    ['app'],
  )
  const alarmed = metrics.gauge(
    'belfry_gateway_app_alarmed',
    '1: the provider rejects nearly all tokens of an app, and the rejections are doubted',
    ['app'],
  )
  const waiting = metrics.gauge('belfry_gateway_queue_size', 'Queued notifications')
  Object.assign(expiry, {
    collect() {
      for (const gauge of [expiry, certificates]) gauge.reset()
      for (const { id, provider } of apps()) {
        const at = provider.credentialsExpireAt?.()
        if (at === undefined) continue
        expiry.set({ app: id }, at / 1000)
        certificates.set({ pushkin: id }, at / 1000)
      }
    },
  })
  Object.assign(alarmed, {
    collect() {
      for (const gauge of [alarmed, broken]) gauge.reset()
      for (const { id, guard, circuits } of apps()) {
        alarmed.set({ app: id }, guard.isAlarmed() ? 1 : 0)
        broken.set({ app: id }, circuits.troubles().length)
      }
    },
  })
  Object.assign(waiting, { collect: () => waiting.set(queueSize()) })
}

import type { Notification } from '../gateway/notification.ts'
import { memoised } from '../lib/memoised.ts'
import type { Metrics } from '../lib/metrics.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The metrics of calls of `/notify`, under Belfry's names and under Sygnal's. */
export type NotifyMetrics = {
  /** Counts a notification while its `response` is pending. */
  during<T>(notification: Notification, response: Promise<T>): Promise<T>
  /** Counts a completed HTTP call. `status` 0: the client closed the connection before the response. */
  responded(status: number, seconds: number): void
}

/** `appOf`: the app id or glob from the configuration. It is safe as a metrics label; the app id of a caller is not. */
export function createNotifyMetrics(
  metrics: Metrics,
  appOf: (appId: string) => string | undefined,
): NotifyMetrics {
  const { received, devices, calls, countersOf, codeOf } = notifyInstruments(metrics)
  return {
    async during(notification, response) {
      received(1)
      devices(notification.devices.length)
      for (const { app_id: appId } of notification.devices) {
        const app = appOf(appId) ?? ''
        const [ours, theirs] = countersOf(app)
        ours.inc()
        theirs.inc()
      }
      calls.inc()
      try {
        return await response
      } finally {
        calls.dec()
      }
    },
    responded(status, seconds) {
      if (status === 0) return
      const [count, time] = codeOf(String(status))
      count.inc()
      time.observe(seconds)
    },
  }
}

function notifyInstruments(metrics: Metrics) {
  const both = (ours: string, theirs: string, help: string) => {
    const counters = [metrics.counter(ours, help), metrics.counter(theirs, `As ${ours}`)]
    return (count: number) => counters.forEach((counter) => counter.inc(count))
  }
  const received = both(
    'belfry_gateway_notifications_total',
    'sygnal_notifications_received',
    'Notifications received',
  )
  const devices = both(
    'belfry_gateway_devices_total',
    'sygnal_notifications_devices_received',
    'Devices of the notifications received',
  )
  const perApp = metrics.counter(
    'belfry_gateway_app_devices_total',
    'Devices of the notifications received, by app',
    ['app'],
  )
  const perPushkin = metrics.counter('sygnal_per_pushkin_type', 'As belfry_gateway_app_devices_total', [
    'pushkin',
  ])
  const codes = metrics.counter('sygnal_pushgateway_status_codes', 'Responses of /notify by HTTP status', [
    'code',
  ])
  const took = metrics.histogram('sygnal_notify_time', 'Duration of calls of /notify', {
    labels: ['code'],
    buckets: SECONDS,
  })
  const inFlight = metrics.gauge('sygnal_requests_in_flight', 'Calls of /notify in progress', ['resource'])
  const calls = inFlight.labels('notify')
  const countersOf = memoised((app) => [perApp.labels(app), perPushkin.labels(app)] as const)
  const codeOf = memoised((code) => [codes.labels(code), took.labels(code)] as const)
  return { received, devices, calls, countersOf, codeOf }
}

import type { Metrics } from '../lib/metrics.ts'
import type { Load } from './load.ts'

export type HttpMetrics = {
  served(request: ServedRequest, seconds: number): void
}

/**
 * `route` is the pattern, or `unmatched` without a route. `status` is 0 if the client disconnected before the
 * response.
 */
export type ServedRequest = { method: string; route: string; status: number }

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 60]
// The client chooses the method: only these become labels.
const METHODS = new Set(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'])

type Observe = (seconds: number) => void

export function createHttpMetrics(
  metrics: Metrics,
  of: { requests: () => number; load: Pick<Load, 'bodyBytes' | 'responses'> },
): HttpMetrics {
  const histogram = metrics.histogram(
    'belfry_http_request_seconds',
    'Time from the headers of a request to the end of its response',
    {
      labels: ['method', 'route', 'status'],
      buckets: BUCKETS,
    },
  )
  const watch = (name: string, about: string, value: () => number) => {
    const gauge = metrics.gauge(name, about)
    Object.assign(gauge, { collect: () => gauge.set(value()) })
  }
  const { responses } = of.load
  watch('belfry_http_requests_in_flight', 'Requests in flight, including long polls', of.requests)
  watch('belfry_http_body_bytes', 'Bytes of request bodies in memory', () => of.load.bodyBytes)
  watch(
    'belfry_http_unread_answer_bytes',
    'Bytes of responses that clients have not read yet',
    () => responses.bytes,
  )
  const dropped = metrics.counter(
    'belfry_http_unread_answers_dropped_total',
    'Responses whose connection was closed because the client did not read them',
  )
  Object.assign(dropped, {
    collect: () => {
      dropped.reset()
      dropped.inc(responses.dropped)
    },
  })

  // Looking up labels costs more than the rest of the measurement, so each combination is bound once.
  const bound = new Map<string, Observe>()
  return {
    served({ method, route, status }, seconds) {
      const name = METHODS.has(method) ? method : 'other'
      const key = `${name} ${status} ${route}`
      let observe = bound.get(key)
      if (observe === undefined) {
        const child = histogram.labels(name, route, status === 0 ? 'gone' : String(status))
        observe = (value) => child.observe(value)
        bound.set(key, observe)
      }
      observe(seconds)
    },
  }
}

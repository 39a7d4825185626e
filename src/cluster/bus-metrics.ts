import type { Metrics } from '../lib/metrics.ts'

export type BusMetrics = ReturnType<typeof createBusMetrics>

export function createBusMetrics(metrics: Metrics) {
  const connected = metrics.gauge(
    'belfry_bus_connected',
    'Whether the bus between the processes is connected (1) or not (0)',
  )
  const peers = metrics.gauge('belfry_bus_peers', 'Other processes that are heard on the bus')
  const connections = metrics.counter('belfry_bus_connections_total', 'Connections made to the bus')
  const texts = metrics.counter('belfry_bus_messages_total', 'Messages on the bus, by direction: in or out', [
    'direction',
  ])
  const dropped = metrics.counter(
    'belfry_bus_dropped_total',
    'Messages of the bus that were not sent or not used: disconnected, too_large, repeated, unreadable or failed',
    ['reason'],
  )
  const looks = metrics.counter(
    'belfry_bus_looks_total',
    'Times at which all waiting parts looked at the database because messages may be lost: connected, disconnected, lost, silent, absent or asked',
    ['reason'],
  )
  return { connected, peers, connections, texts, dropped, looks }
}

export type DropReason = 'disconnected' | 'too_large' | 'repeated' | 'unreadable' | 'failed'
export type LookReason = 'connected' | 'disconnected' | 'lost' | 'silent' | 'absent' | 'asked'

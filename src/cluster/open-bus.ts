import type { ClusterSettings } from '../config/cluster-schema.ts'
import { type BusMetrics, createBusMetrics } from './bus-metrics.ts'
import { createLocalBus } from './bus.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { ServerBus, SharedBusDeps } from './shared-bus.ts'

/**
 * The bus of the configuration. It connects with `start()`.
 * @throws ConfigError when a file of the credentials cannot be read
 */
export async function openBus(
  settings: ClusterSettings,
  database: { kind: 'sqlite' } | { kind: 'postgres'; url: string },
  deps: Omit<SharedBusDeps, 'metrics'> & { metrics: Metrics },
): Promise<ServerBus> {
  const { bus = { kind: 'postgres' } } = settings
  const metrics = createBusMetrics(deps.metrics)
  if (database.kind === 'sqlite' || bus.kind === 'local') return alone(metrics)
  // A server on SQLite does not load the driver of PostgreSQL.
  const { openSharedBus } = await import('./open-shared-bus.ts')
  return openSharedBus({ ...settings, bus }, database.url, { ...deps, metrics })
}

function alone(metrics: BusMetrics): ServerBus {
  metrics.connected.set(1)
  return {
    ...createLocalBus(),
    start: () => Promise.resolve(),
    health: () => ({ kind: 'local', connected: true, peers: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

import type { Registry } from 'prom-client'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import MetricRegistry from 'prom-client/lib/registry.js'
import { once } from './once.ts'
import { VERSION } from './version.ts'

// The root of prom-client loads 80 further modules, among them OpenTelemetry and `node:cluster`.

/**
 * The metrics of one running Belfry. There is no global registry: two instances in one process do not mix. Label
 * values come from small fixed sets, never from users, rooms, pushkeys or tokens.
 */
export type Metrics = {
  readonly registry: Registry
  /** All metrics in the text format of Prometheus. */
  readonly render: () => Promise<string>
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>
  histogram<Label extends string = never>(
    name: string,
    help: string,
    options: { labels?: readonly Label[]; buckets: readonly number[] },
  ): Histogram<Label>
}

/**
 * `processMetrics`: includes CPU, memory, event loop and garbage collection (for the whole process). They are
 * measured from the first `render()` on: without a monitoring system they would only cost memory and a timer
 * of 10 ms.
 */
export function createMetrics(options: { processMetrics: boolean }): Metrics {
  const registry: Registry = new MetricRegistry()
  const measureProcess = once(async () => {
    const { default: collectDefaultMetrics } = await import('prom-client/lib/defaultMetrics.js')
    collectDefaultMetrics({ register: registry })
  })
  const registers = [registry]
  const build = {
    name: 'belfry_build_info',
    help: 'Always 1; the label has the version',
    labelNames: ['version'],
  }
  new Gauge({ ...build, registers }).set({ version: VERSION }, 1)
  return {
    registry,
    render: async () => {
      if (options.processMetrics) await measureProcess()
      return await registry.metrics()
    },
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, { labels = [], buckets }) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
  }
}

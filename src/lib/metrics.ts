import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { VERSION } from './version.ts'

/**
 * The metrics of one running Belfry. There is no global registry: two instances in one process do not mix. Label
 * values come from small fixed sets, never from users, rooms, pushkeys or tokens.
 */
export type Metrics = {
  readonly registry: Registry
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>
  histogram<Label extends string = never>(
    name: string,
    help: string,
    options: { labels?: readonly Label[]; buckets: readonly number[] },
  ): Histogram<Label>
}

/** `processMetrics`: includes CPU, memory, event loop and garbage collection (for the whole process). */
export function createMetrics(options: { processMetrics: boolean }): Metrics {
  const registry = new Registry()
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const build = {
    name: 'belfry_build_info',
    help: 'Always 1; the label has the version',
    labelNames: ['version'],
  }
  new Gauge({ ...build, registers }).set({ version: VERSION }, 1)
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, { labels = [], buckets }) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
  }
}

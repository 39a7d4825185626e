import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metric, Registry } from 'prom-client'
import { createBelfry } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'
import { createMetrics } from '../src/lib/metrics.ts'

const KINDS: Readonly<Record<string, string>> = { Counter: 'counter', Gauge: 'gauge', Histogram: 'histogram' }

/** Settings of parts that are off by default and register metrics. */
const EVERYTHING_ON = {
  BELFRY_PUBLIC_URL: 'https://matrix.example.org',
  BELFRY_EMAIL_SMTP: 'smtp://mail.example.org',
  BELFRY_EMAIL_FROM: 'belfry@example.org',
}

/** Renders `docs/metrics.md`: all metrics that a server registers at its start. */
export async function metricsPage(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'belfry-metrics-'))
  const metrics = createMetrics({ processMetrics: false })
  try {
    const config = loadConfig({ argv: ['--data', data, '--log-level', 'silent'], env: EVERYTHING_ON })
    const belfry = await createBelfry(config, { metrics })
    await belfry.close()
    return page(metrics.registry)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

function page(registry: Registry): string {
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  const rows = names.toSorted().map((name) => row(registry.getSingleMetric(name)))
  const own = rows.filter((line) => line.startsWith('| `belfry_'))
  const aliases = rows.filter((line) => !line.startsWith('| `belfry_'))
  return [
    '# Metrics',
    '',
    'Generated from the code by `npm run docs:metrics`. `belfry serve` exports all of these metrics; `belfry gateway` exports those of the gateway and of HTTP. Both also export the',
    'metrics of the process and of Node (`process_…`, `nodejs_…`), measured from the first scrape on. Label values come from small fixed sets and never contain users, rooms or pushkeys; those of `belfry_arrival_…` are the 50 gateways and apps with the most results, of several users.',
    '',
    ...table(own),
    '',
    "## Sygnal's names",
    '',
    'Aliases for existing dashboards of Sygnal.',
    '',
    ...table(aliases),
    '',
  ].join('\n')
}

const table = (rows: readonly string[]) => [
  '| metric | kind | labels | description |',
  '| --- | --- | --- | --- |',
  ...rows,
]

function row(metric: Metric | undefined): string {
  const { name, help, labelNames } = metric as unknown as { name: string; help: string; labelNames: string[] }
  const kind = KINDS[metric?.constructor.name ?? ''] ?? ''
  const labels = labelNames.filter((label) => label !== 'le').map((label) => `\`${label}\``)
  return `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${help} |`
}

if (import.meta.main) process.stdout.write(await metricsPage())

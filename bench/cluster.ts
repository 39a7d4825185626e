import type { Benchmark } from './benchmark.ts'
import { measureScaling, measureWaits, measureWriters } from './cluster-several.ts'
import { compareDatabases } from './cluster-throughput.ts'
import { measureKill } from './cluster-kill.ts'
import { measureWaking } from './cluster-waking.ts'
import { startDurablePostgres } from './support/durable-postgres.ts'
import { temporaryFolder } from './support/processes.ts'

// Several processes on one PostgreSQL with fsync. Each part has a database of its own.

const PARTS = {
  databases: compareDatabases,
  scaling: measureScaling,
  writers: measureWriters,
  waits: measureWaits,
  waking: measureWaking,
  kill: measureKill,
}

export const cluster: Benchmark = {
  name: 'cluster',
  about:
    'several processes on one PostgreSQL: messages/s, waiting for shards, waking each other, the end of one',
  async run(options) {
    const postgres = startDurablePostgres()
    if (typeof postgres === 'string') {
      console.log(`cluster is left out: ${postgres}`)
      return { tables: [], targets: [], figures: { skipped: postgres } }
    }
    const parts = []
    const figures: Record<string, unknown> = {}
    for (const [name, measure] of Object.entries(PARTS)) {
      using data = temporaryFolder()
      console.log(`  ${name} …`)
      const part = await measure(postgres, data.path, options)
      parts.push(part)
      figures[name] = part.figures
    }
    return {
      tables: parts.map(({ table }) => table),
      targets: parts.flatMap(({ targets }) => targets),
      figures,
    }
  },
}

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
  method: [
    'Several `belfry serve` on one PostgreSQL with fsync on a disk: 64 rooms of two, 64 senders with one message at a time, and a load generator that sends each request to the next server. Each part has a database of its own. A proxy adds 2 ms to each round trip where processes share the load, and 4 ms where each has the same load.',
    'With a shared load, two cores are the limit, so the figure shows what it costs to divide the same work; with the same load each, it shows whether processes obstruct each other. The waits for shards are read from `pg_stat_activity` every 10 ms, without the proxy.',
    'Waking: a user waits in `/sync` at one process, and the message is sent to the other one, 300 times on each bus. A kill: the process with the most leases gets SIGKILL, three times, at 40 messages/s; the delay of a poke is from the response to its sender to its first arrival.',
  ],
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

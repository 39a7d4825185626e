import type { Benchmark, BenchOptions } from './benchmark.ts'
import { idleMiBOf, temporaryFolder, timeToEnd } from './support/processes.ts'
import { launchBelfry, launchRelay } from './support/programs.ts'
import { median, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

const RUNS = 5
/** Relative to `node -e 0`. */
const SLOWEST_START = 10
const LARGEST_IDLE_MIB = 100

export const startUp: Benchmark = {
  name: 'start-up',
  about: 'from the start of the process to the ready line, and memory when idle',
  method: [
    'From the start of the process to the line with the address, with existing data and a compile cache, the median of five; beside `node -e 0` and the floor of `pokes`.',
    'Idle memory is the resident set two seconds after one request to `/health`.',
  ],
  async run(options) {
    using data = temporaryFolder()
    await startOnce(data.path, options)
    const again = await times(() => startOnce(data.path, options))
    const fresh = await times(() => startFresh(options))
    const uncached = await startOnce(data.path, options, { NODE_DISABLE_COMPILE_CACHE: '1' })
    const relay = await times(startRelay)
    const bare = await times(() => timeToEnd(['-e', '0']))
    const idleMiB = await idleBelfry(data.path, options)
    const relayIdleMiB = await idleRelay()
    const ms = rounded({ again, fresh, uncached, relay, bare })
    return {
      tables: [
        {
          title: `Start (median of ${RUNS}) and idle memory`,
          columns: ['', 'ready after ms', 'resident MiB'],
          rows: [
            ['node -e 0, to its end', figure(bare), '–'],
            ['bare relay', figure(relay), figure(relayIdleMiB)],
            ['belfry, existing data', figure(again), figure(idleMiB)],
            ['belfry, new data directory', figure(fresh), '–'],
            ['belfry, without a compile cache', figure(uncached), '–'],
          ],
        },
      ],
      targets: [
        atMost(`ready after at most ${SLOWEST_START} times \`node -e 0\``, {
          value: again / bare,
          limit: SLOWEST_START,
          unit: 'times',
          detail: `${figure(again)} ms`,
        }),
        atMost(`idle memory of at most ${LARGEST_IDLE_MIB} MiB`, {
          value: idleMiB,
          limit: LARGEST_IDLE_MIB,
          unit: 'MiB',
        }),
      ],
      figures: { readyMs: ms, residentMiB: rounded({ belfry: idleMiB, relay: relayIdleMiB }) },
    }
  },
}

async function times(start: () => Promise<number>): Promise<number> {
  const found: number[] = []
  while (found.length < RUNS) found.push(await start())
  return median(found)
}

async function startOnce(data: string, options: BenchOptions, env: NodeJS.ProcessEnv = {}): Promise<number> {
  await using server = await launchBelfry(data, options, env)
  return server.readyMs
}

async function startFresh(options: BenchOptions): Promise<number> {
  using data = temporaryFolder()
  return await startOnce(data.path, options)
}

/** The relay forwards nothing in this benchmark. */
const UNUSED_GATEWAY = 'http://127.0.0.1:9/'

async function startRelay(): Promise<number> {
  await using relay = await launchRelay(UNUSED_GATEWAY)
  return relay.readyMs
}

async function idleBelfry(data: string, options: BenchOptions): Promise<number> {
  await using server = await launchBelfry(data, options)
  await (await fetch(`${server.url}/health`)).arrayBuffer()
  return await idleMiBOf(server.pid)
}

async function idleRelay(): Promise<number> {
  await using relay = await launchRelay(UNUSED_GATEWAY)
  return await idleMiBOf(relay.pid)
}

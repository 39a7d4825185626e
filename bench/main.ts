import { parseArgs } from 'node:util'
import type { Benchmark, BenchOptions, Report } from './benchmark.ts'
import { arrival } from './arrival.ts'
import { backlog } from './backlog.ts'
import { caches } from './caches.ts'
import { cluster } from './cluster.ts'
import { deadGateway } from './dead-gateway.ts'
import { delivery } from './delivery.ts'
import { gateway } from './gateway.ts'
import { groupCommit } from './group-commit.ts'
import { journeys } from './journeys.ts'
import { media } from './media.ts'
import { peers } from './peers.ts'
import { pokes } from './pokes.ts'
import { presence } from './presence.ts'
import { rooms } from './rooms.ts'
import { rules } from './rules.ts'
import { startUp } from './start-up.ts'
import { sync } from './sync.ts'
import { syncWaking } from './sync-waking.ts'
import { trace } from './trace.ts'
import { webConsole } from './console.ts'
import { describeMachine, inspectMachine } from './support/machine.ts'
import { cleanUpAtExit } from './support/processes.ts'
import { printTable } from './support/table.ts'

const BENCHMARKS: readonly Benchmark[] = [
  pokes,
  delivery,
  backlog,
  startUp,
  webConsole,
  sync,
  syncWaking,
  rooms,
  groupCommit,
  rules,
  caches,
  presence,
  trace,
  arrival,
  journeys,
  deadGateway,
  gateway,
  media,
  cluster,
  peers,
]

const USAGE = `npm run bench -- [NAME …] [--cpu-prof DIR] [--synapse PYTHON]

${BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Without a name all benchmarks run. --cpu-prof writes a CPU profile of each server to DIR. --synapse names the Python for peers and
sync: that of a virtual environment with the package matrix-synapse, python3 by default.
The last line contains the figures as JSON.`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'cpu-prof': { type: 'string' },
      synapse: { type: 'string', default: 'python3' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const unknown = positionals.filter((name) => !BENCHMARKS.some((one) => one.name === name))
  if (unknown.length > 0) {
    console.error(`bench: there is no benchmark ${unknown.join(', ')}\n\n${USAGE}`)
    return 2
  }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  cleanUpAtExit()
  await runAll(wanted, { cpuProfiles: values['cpu-prof'], synapsePython: values.synapse })
  return 0
}

async function runAll(wanted: readonly Benchmark[], options: BenchOptions): Promise<void> {
  const machine = inspectMachine()
  console.log(describeMachine(machine))
  const figures: Record<string, unknown> = { machine }
  for (const benchmark of wanted) {
    const { name, about } = benchmark
    console.log(`\n── ${name}: ${about}`)
    const report = await benchmark.run(options)
    print(report)
    const missed = report.targets.filter((target) => !target.isMet).map((target) => target.wanted)
    figures[name] = { ...report.figures, missed }
  }
  console.log(`\n${JSON.stringify(figures)}`)
}

function print({ tables, targets }: Report): void {
  for (const table of tables) printTable(table)
  console.log()
  for (const { wanted, found, isMet } of targets)
    console.log(`  ${isMet ? 'met   ' : 'MISSED'}  ${wanted}: ${found}`)
}

process.exitCode = await main()

import { parseArgs } from 'node:util'
import type { Benchmark, BenchOptions, Report, Target } from './benchmark.ts'
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
import { compareWithSaved, type MeasuredRuns, saveBaseline } from './support/baseline-files.ts'
import { describeMachine, inspectMachine, type Machine } from './support/machine.ts'
import { cleanUpAtExit } from './support/processes.ts'
import { printTable } from './support/table.ts'
import { shown } from './support/target.ts'

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

const USAGE = `npm run bench -- [NAME …] [--compare | --save-baseline] [--runs N] [--cpu-prof DIR] [--synapse PYTHON]

${BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Without a name all benchmarks run. --compare compares the targets with those in bench/baselines/, and the exit code is 1 if one is worse by more than
the noise. --save-baseline writes them there, of three runs. --runs sets the number of runs. --cpu-prof writes a CPU profile of each server to DIR.
--synapse names the Python for peers and sync: that of a virtual environment with the package matrix-synapse, python3 by default.
The last line contains the figures of the last run as JSON.`

const RUNS_OF_A_BASELINE = 3

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      compare: { type: 'boolean', default: false },
      'save-baseline': { type: 'boolean', default: false },
      runs: { type: 'string' },
      'cpu-prof': { type: 'string' },
      synapse: { type: 'string', default: 'python3' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const isSaved = values['save-baseline']
  const runs = Number(values.runs ?? (isSaved ? RUNS_OF_A_BASELINE : 1))
  const fault = faultIn(positionals, { isSaved, isCompared: values.compare, runs })
  if (fault !== undefined) {
    console.error(`bench: ${fault}\n\n${USAGE}`)
    return 2
  }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  cleanUpAtExit()
  const machine = inspectMachine()
  const all = await runAll(wanted, {
    machine,
    runs,
    options: { cpuProfiles: values['cpu-prof'], synapsePython: values.synapse },
  })
  if (isSaved) for (const one of all) console.log(saveBaseline(one, machine))
  return values.compare && compare(all, machine) ? 1 : 0
}

type Asked = { isSaved: boolean; isCompared: boolean; runs: number }

/** What is wrong with the command line; undefined: nothing. */
function faultIn(names: readonly string[], { isSaved, isCompared, runs }: Asked): string | undefined {
  const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name))
  if (unknown.length > 0) return `there is no benchmark ${unknown.join(', ')}`
  if (isSaved && isCompared) return '--compare and --save-baseline exclude each other'
  return Number.isInteger(runs) && runs > 0 ? undefined : '--runs needs a number of runs'
}

type Running = { machine: Machine; runs: number; options: BenchOptions }

async function runAll(
  wanted: readonly Benchmark[],
  { machine, runs, options }: Running,
): Promise<MeasuredRuns[]> {
  console.log(describeMachine(machine))
  const figures: Record<string, unknown> = { machine }
  const measured: MeasuredRuns[] = []
  for (const benchmark of wanted) {
    const { name, about } = benchmark
    const targets: Target[][] = []
    for (let run = 1; run <= runs; run++) {
      console.log(`\n── ${name}${runs > 1 ? `, run ${run} of ${runs}` : ''}: ${about}`)
      const report = await benchmark.run(options)
      print(report)
      targets.push([...report.targets])
      const missed = report.targets.filter((target) => !target.isMet).map((target) => target.wanted)
      figures[name] = { ...report.figures, missed }
    }
    measured.push({ name, runs: targets })
  }
  console.log(`\n${JSON.stringify(figures)}`)
  return measured
}

/** Prints each comparison. true: a target is worse. */
function compare(all: readonly MeasuredRuns[], machine: Machine): boolean {
  const compared = all.map((one) => ({ name: one.name, found: compareWithSaved(one, machine) }))
  for (const { name, found } of compared)
    if (found === undefined) console.log(`\n${name}: there is no baseline; --save-baseline writes one`)
    else printTable({ ...found.table, title: `${name}: ${found.table.title}` })
  return compared.some(({ found }) => found?.isWorse === true)
}

function print({ tables, targets }: Report): void {
  for (const table of tables) printTable(table)
  console.log()
  for (const { wanted, value, unit, isMet, detail } of targets)
    console.log(
      `  ${isMet ? 'met   ' : 'MISSED'}  ${wanted}: ${shown(unit, value)}${detail === undefined ? '' : `, ${detail}`}`,
    )
}

process.exitCode = await main()

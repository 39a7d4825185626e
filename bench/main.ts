import { parseArgs } from 'node:util'
import type { Benchmark, BenchOptions, Report, Target } from './benchmark.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { compareWithSaved, type MeasuredRuns, measuredTree, saveBaseline } from './support/baseline-files.ts'
import { describeMachine, inspectMachine, type Machine } from './support/machine.ts'
import { cleanUpAtExit } from './support/processes.ts'
import { printTable } from './support/table.ts'
import { shown } from './support/target.ts'

const USAGE = `npm run bench -- [NAME …] [--compare | --save-baseline] [--runs N] [--cpu-prof DIR] [--synapse PYTHON]

${BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}

Without a name all benchmarks run. --compare compares the targets with those in bench/baselines/, and the exit code is 1 if one is worse by more than
the noise. --save-baseline writes them there, of three runs, after each benchmark; then npm run docs:benchmarks writes them into the documents.
--runs sets the number of runs. --cpu-prof writes a CPU profile of each server to DIR.
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
  const { commit, changed } = isSaved ? measuredTree() : NOT_SAVED
  const fault = faultIn(positionals, { isSaved, isCompared: values.compare, runs, changed })
  if (fault !== undefined) {
    console.error(`bench: ${fault}\n\n${USAGE}`)
    return 2
  }
  const wanted = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  cleanUpAtExit()
  const machine = inspectMachine()
  const { measured, failed } = await runAll(wanted, {
    machine,
    runs,
    commit,
    options: { cpuProfiles: values['cpu-prof'], synapsePython: values.synapse },
  })
  if (failed.length > 0) console.error(`\nThese benchmarks failed: ${failed.join(', ')}`)
  const isWorse = values.compare && compare(measured, machine)
  return isWorse || failed.length > 0 ? 1 : 0
}

const NOT_SAVED = { commit: undefined, changed: '' }

/** `changed`: the files that differ from the commit of a baseline. */
type Asked = { isSaved: boolean; isCompared: boolean; runs: number; changed: string }

/** What is wrong with the command line; undefined: nothing. */
function faultIn(
  names: readonly string[],
  { isSaved, isCompared, runs, changed }: Asked,
): string | undefined {
  const unknown = names.filter((name) => !BENCHMARKS.some((one) => one.name === name))
  if (unknown.length > 0) return `there is no benchmark ${unknown.join(', ')}`
  if (isSaved && isCompared) return '--compare and --save-baseline exclude each other'
  if (changed !== '')
    return `a baseline names the commit that it measures, and these files differ from it. Commit them first:\n${changed}`
  return Number.isInteger(runs) && runs > 0 ? undefined : '--runs needs a number of runs'
}

/** `commit`: of the baselines to save; undefined: none. */
type Running = { machine: Machine; runs: number; commit: string | undefined; options: BenchOptions }

/** A benchmark that fails does not keep the others from running. `failed`: their names. */
async function runAll(wanted: readonly Benchmark[], running: Running) {
  const { machine, commit } = running
  console.log(describeMachine(machine))
  const figures: Record<string, unknown> = { machine }
  const measured: MeasuredRuns[] = []
  const failed: string[] = []
  for (const benchmark of wanted)
    try {
      const found = await runOne(benchmark, running)
      const missed = found.runs.at(-1)?.filter(({ isMet }) => !isMet) ?? []
      figures[benchmark.name] = { ...found.figures, missed: missed.map((target) => target.wanted) }
      measured.push(found)
      if (commit !== undefined) console.log(`\n${saveBaseline(found, commit, machine)}`)
    } catch (error) {
      console.error(error)
      failed.push(benchmark.name)
    }
  console.log(`\n${JSON.stringify(figures)}`)
  return { measured, failed }
}

async function runOne(benchmark: Benchmark, { runs, options }: Running): Promise<MeasuredRuns> {
  const { name, about } = benchmark
  const targets: Target[][] = []
  let figures: MeasuredRuns['figures'] = {}
  for (let run = 1; run <= runs; run++) {
    console.log(`\n── ${name}${runs > 1 ? `, run ${run} of ${runs}` : ''}: ${about}`)
    const report = await benchmark.run(options)
    print(report)
    targets.push([...report.targets])
    figures = report.figures
  }
  return { name, runs: targets, figures }
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

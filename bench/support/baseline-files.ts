import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../benchmark.ts'
import { type Baseline, type Comparison, compareWith, targetsOfRuns } from './baseline.ts'
import type { Machine } from './machine.ts'
import type { Table } from './table.ts'
import { shown } from './target.ts'

const FOLDER = fileURLToPath(new URL('../baselines/', import.meta.url))
const fileOf = (name: string) => join(FOLDER, `${name}.json`)

/** One benchmark, and the targets of each of its runs. */
export type MeasuredRuns = { name: string; runs: readonly (readonly Target[])[] }

/** Writes the baseline of a benchmark. Runs without a target, because a program is missing, leave the earlier one. */
export function saveBaseline(
  { name, runs }: MeasuredRuns,
  { cores, processor, node, load }: Machine,
): string {
  const targets = targetsOfRuns(runs)
  if (Object.keys(targets).length === 0) return `${name}: nothing was measured, the baseline stays as it is`
  const date = new Date().toISOString().slice(0, 10)
  const baseline: Baseline = {
    commit: currentCommit(),
    date,
    machine: { cores, processor, node, load },
    targets,
  }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(baseline, undefined, 2)}\n`)
  return `${name}: bench/baselines/${name}.json has the figures of ${runs.length} runs`
}

/** undefined: there is no baseline. */
export function compareWithSaved(
  { name, runs }: MeasuredRuns,
  machine: Machine,
): { table: Table; isWorse: boolean } | undefined {
  if (!existsSync(fileOf(name))) return undefined
  const baseline = JSON.parse(readFileSync(fileOf(name), 'utf8')) as Baseline
  const all = compareWith(baseline, runs, machine)
  const title = `Compared with ${baseline.commit} of ${baseline.date} (${baseline.machine.cores} cores, ${baseline.machine.processor})`
  return {
    table: { title, columns: ['', 'now', 'baseline', 'its range', ''], rows: all.map(rowOf) },
    isWorse: all.some(({ verdict }) => verdict === 'worse'),
  }
}

const rowOf = ({ wanted, unit, verdict, now, was, low, high }: Comparison): string[] => [
  wanted,
  shown(unit, now),
  shown(unit, was),
  `${shown(unit, low)} to ${shown(unit, high)}`,
  verdict === 'worse' ? 'WORSE' : verdict,
]

/** `+` marks a tree with changes that are not committed. */
function currentCommit(): string {
  const git = (...command: string[]) => execFileSync('git', command, { encoding: 'utf8' }).trim()
  const isChanged = git('status', '--porcelain', '--', 'src', 'bench/*.ts', 'package-lock.json') !== ''
  return `${git('rev-parse', '--short=8', 'HEAD')}${isChanged ? '+' : ''}`
}

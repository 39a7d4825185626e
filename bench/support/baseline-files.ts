import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../benchmark.ts'
import { type Baseline, type Comparison, compareWith, targetsOfRuns } from './baseline.ts'
import type { Machine } from './machine.ts'
import type { Table } from './table.ts'
import { shown } from './target.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = join(ROOT, 'bench/baselines')
const fileOf = (name: string) => join(FOLDER, `${name}.json`)

/** What a measurement depends on. Documents and the baselines themselves may change while benchmarks run. */
const MEASURED_FILES = ['src', 'bench', 'bin', 'package.json', 'package-lock.json', ':!bench/baselines']

/** One benchmark, with the targets of each of its runs and the figures of the last one. */
export type MeasuredRuns = {
  name: string
  runs: readonly (readonly Target[])[]
  figures: Readonly<Record<string, unknown>>
}

const git = (folder: string, ...command: string[]) =>
  execFileSync('git', command, { cwd: folder, encoding: 'utf8' }).trim()

/** The commit of the tree, and the measured files that differ from it, one a line. */
export const measuredTree = (folder = ROOT): { commit: string; changed: string } => ({
  commit: git(folder, 'rev-parse', '--short=8', 'HEAD'),
  changed: git(folder, 'status', '--porcelain', '--untracked-files=all', '--', ...MEASURED_FILES),
})

/**
 * Writes the baseline of a benchmark. Runs without a target, because a program is missing, leave the earlier
 * one. `commit`: before the runs.
 * @throws Error if what is measured has changed since
 */
export function saveBaseline(
  { name, runs, figures }: MeasuredRuns,
  commit: string,
  { cores, processor, node, load }: Machine,
): string {
  const changed = git(ROOT, 'diff', '--name-only', commit, '--', ...MEASURED_FILES)
  if (changed !== '')
    throw new Error(`${name}: no baseline is written, these files changed meanwhile:\n${changed}`)
  const targets = targetsOfRuns(runs)
  if (Object.keys(targets).length === 0) return `${name}: nothing was measured, the baseline stays as it is`
  const baseline: Baseline = {
    commit,
    date: new Date().toISOString().slice(0, 10),
    machine: { cores, processor, node, load },
    runs: runs.length,
    targets,
    figures,
  }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(fileOf(name), `${JSON.stringify(baseline, undefined, 2)}\n`)
  return `${name}: bench/baselines/${name}.json has the figures of ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`
}

/** undefined: there is no baseline. */
export const readBaseline = (name: string): Baseline | undefined =>
  existsSync(fileOf(name)) ? (JSON.parse(readFileSync(fileOf(name), 'utf8')) as Baseline) : undefined

/** The names of the benchmarks with a baseline. */
export const savedBaselines = (): string[] =>
  existsSync(FOLDER)
    ? readdirSync(FOLDER)
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length))
    : []

/** undefined: there is no baseline. */
export function compareWithSaved(
  { name, runs }: MeasuredRuns,
  machine: Machine,
): { table: Table; isWorse: boolean } | undefined {
  const baseline = readBaseline(name)
  if (baseline === undefined) return undefined
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

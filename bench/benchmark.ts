import type { Table } from './support/table.ts'

/** The result of a benchmark. `figures` is printed as JSON and contains all values of the tables in plain units. */
export type Report = {
  tables: readonly Table[]
  targets: readonly Target[]
  figures: Record<string, unknown>
}

/**
 * A goal of this project. A missed target is shown and does not fail the run, because the machine may have
 * been busy. `value` is compared with the baselines (`support/baseline.ts`), in which `wanted` is its name.
 * The target is met up to or from `limit`, by `better`. `detail` is shown beside the value.
 */
export type Target = {
  wanted: string
  value: number
  unit: Unit
  better: 'more' | 'less'
  limit: number
  isMet: boolean
  detail?: string | undefined
}

/** `times` and `share`: ratios, which depend little on the machine. */
export type Unit = 'times' | 'share' | 'MiB' | 'KiB' | 'MB' | 'ms' | 'µs' | 'ns' | 'count'

/**
 * `method`: sentences about what is measured, and beside what (docs/benchmarks.md). `args`: what the command
 * needs for all targets.
 */
export type Benchmark = {
  name: string
  about: string
  method: readonly string[]
  args?: string
  run(options: BenchOptions): Promise<Report>
}

export type BenchOptions = {
  /** The folder in which each server writes a CPU profile when it ends. */
  cpuProfiles: string | undefined
  /** The Python that has Synapse installed. */
  synapsePython: string
}

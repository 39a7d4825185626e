import type { Table } from './support/table.ts'

/** The result of a benchmark. `figures` is printed as JSON and contains all values of the tables in plain units. */
export type Report = {
  tables: readonly Table[]
  targets: readonly Target[]
  figures: Record<string, unknown>
}

/** A goal of this project. A missed target is shown and does not fail the run, because the machine may have been busy. */
export type Target = { wanted: string; found: string; isMet: boolean }

export type Benchmark = {
  name: string
  about: string
  run(options: BenchOptions): Promise<Report>
}

export type BenchOptions = {
  /** The folder in which each server writes a CPU profile when it ends. */
  cpuProfiles: string | undefined
  /** The Python that has Synapse installed. */
  synapsePython: string
}

import type { Table } from './support/table.ts'

/** What a benchmark found. `figures` go out as JSON: everything that the tables show, in plain units. */
export type Report = {
  tables: readonly Table[]
  targets: readonly Target[]
  figures: Record<string, unknown>
}

/** What we promise ourselves. A missed one is shown, and fails nothing: the machine may have been busy. */
export type Target = { wanted: string; found: string; isMet: boolean }

export type Benchmark = {
  name: string
  about: string
  run(options: BenchOptions): Promise<Report>
}

export type BenchOptions = {
  /** Where each server leaves a CPU profile when it ends. */
  cpuProfiles: string | undefined
}

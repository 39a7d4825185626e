import type { BenchOptions } from '../benchmark.ts'
import type { Program } from './processes.ts'
import { launchBelfry } from './programs.ts'

/** Several processes on one database, all with all roles. */
export type SeveralBelfries = AsyncDisposable & { processes: readonly Program[]; urls: readonly string[] }

export async function launchBelfries(
  count: number,
  { data, database, env = {} }: { data: string; database: string; env?: NodeJS.ProcessEnv },
  options: BenchOptions,
): Promise<SeveralBelfries> {
  const starting = Array.from({ length: count }, () =>
    launchBelfry(data, options, { ...env, BELFRY_DATABASE: database }),
  )
  const processes = await Promise.all(starting)
  return {
    processes,
    urls: processes.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}

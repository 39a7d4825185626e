import { launchProcess } from '../support/process.ts'
import type { SeededRandom } from './seeded-random.ts'

/** The processes that a crash run kills. */
export interface CrashTarget extends AsyncDisposable {
  /** The address for requests. Resolves when a process is ready to respond. */
  url(): Promise<string>
  /** Kills a process with SIGKILL. Resolves when it has ended. */
  kill(random: SeededRandom): Promise<void>
  /** Starts a process in the place of the killed one, and does not wait until it is ready. */
  replace(): void
}

/** One server with all roles. */
export function oneServer(of: { data: string; database: string }): CrashTarget {
  const launch = () => launchProcess({ data: of.data, flags: ['--database', of.database] })
  let server = launch()
  const kill = async () => void (await server.end('SIGKILL'))
  return {
    url: () => server.ready,
    kill,
    replace: () => void (server = launch()),
    [Symbol.asyncDispose]: kill,
  }
}

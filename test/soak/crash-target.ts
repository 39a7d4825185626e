import { launchProcess } from '../support/process.ts'
import type { Death, FailedWrite, Resumption } from './run-record.ts'
import type { SeededRandom } from './seeded-random.ts'

/** The processes that a crash run kills. */
export interface CrashTarget extends AsyncDisposable {
  /** The address for requests. Resolves when a process is ready to respond. */
  url(): Promise<string>
  /** Resolves when all processes run. */
  whole(): Promise<void>
  /** Kills a process with SIGKILL, or stops one with SIGSTOP. Resolves when it has ended or stopped. */
  kill(
    random: SeededRandom,
  ): Promise<Required<Pick<Death, 'process' | 'name' | 'isStop'>> & Pick<Death, 'role'>>
  /**
   * Starts a process in the place of the killed one, or continues the stopped one later, and does not wait
   * for that.
   */
  replace(): void
  /** The push gateways among the processes, with the app of `GATEWAY_APP`. Absent: there is none. */
  readonly gatewayUrl?: string
  /** Of stopped processes that continued. */
  readonly resumptions: readonly Resumption[]
  readonly failedWrites: readonly FailedWrite[]
}

/** A UnifiedPush app of the gateways. */
export const GATEWAY_APP = 'org.example.up'

/** One server with all roles. */
export function oneServer(of: { data: string; database: string }): CrashTarget {
  const launch = () => launchProcess({ data: of.data, flags: ['--database', of.database] })
  let server = launch()
  const kill = async () => {
    await server.end('SIGKILL')
    return { process: server.pid, name: 'killed', isStop: false }
  }
  return {
    url: () => server.ready,
    whole: async () => void (await server.ready),
    kill,
    replace: () => void (server = launch()),
    resumptions: [],
    failedWrites: [],
    async [Symbol.asyncDispose]() {
      await kill()
    },
  }
}

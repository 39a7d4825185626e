import { afterTest, type TestEnd } from './after-test.ts'
import { temporaryFolder } from './databases.ts'
import { launchProcess, type Launched } from './process.ts'
import { type RoundRobin, startRoundRobin } from './round-robin.ts'

export type ClusterProcess = Omit<Launched, 'ready'> & {
  url: string
  /** SIGSTOP, and SIGCONT. */
  pause(): void
  resume(): void
}

export type BelfryCluster = RoundRobin & {
  processes: readonly ClusterProcess[]
  /** `settings`: environment variables of this process only. */
  add: (settings?: Readonly<Record<string, string>>) => Promise<ClusterProcess>
  /** Starts a `belfry worker`, to which the proxy sends nothing. */
  addWorker: (settings?: Readonly<Record<string, string>>) => Promise<ClusterProcess>
  /** Starts a `belfry serve` with the role gateway only, to which the proxy sends nothing. */
  addGateway: (settings?: Readonly<Record<string, string>>) => Promise<ClusterProcess>
  /** Ends a process, and sends it no more requests. */
  remove: (process: ClusterProcess, signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

export type ClusterOptions = {
  database: string
  /** The number of processes at the start. */
  count?: number
  /** Environment variables of all processes. */
  settings?: Readonly<Record<string, string>>
  /** Of the proxy (`startRoundRobin`). */
  readyEveryMs?: number
  /** Gets each line of stderr of the process with this id. Without it stderr is inherited. */
  onErrorLine?: (line: string, pid: number) => void
}

/** Starts `belfry serve` processes on one PostgreSQL database, behind a round-robin proxy. */
export async function startBelfryCluster(
  t: TestEnd,
  { database, count = 2, settings = {}, readyEveryMs, onErrorLine }: ClusterOptions,
): Promise<BelfryCluster> {
  const processes: ClusterProcess[] = []
  const data = temporaryFolder(t)
  const launch = async (command: 'serve' | 'worker', more: Readonly<Record<string, string>>) => {
    const launched = launchProcess({
      data,
      command,
      flags: ['--database', database],
      settings: { ...settings, ...more },
      onErrorLine: onErrorLine && ((line) => onErrorLine(line, launched.pid)),
    })
    afterTest(t, () => launched.end('SIGKILL'))
    const { pid, end } = launched
    return {
      url: await launched.ready,
      pid,
      end,
      pause: () => void process.kill(pid, 'SIGSTOP'),
      resume: () => void process.kill(pid, 'SIGCONT'),
    }
  }
  const add = async (more: Readonly<Record<string, string>> = {}) => {
    const one = await launch('serve', more)
    processes.push(one)
    return one
  }
  for (let started = 0; started < count; started++) await add()
  return {
    ...(await startRoundRobin(t, processes, { readyEveryMs })),
    processes,
    add,
    addWorker: (more = {}) => launch('worker', more),
    addGateway: (more = {}) => launch('serve', { BELFRY_ROLES: 'gateway', ...more }),
    async remove(one, signal) {
      const at = processes.indexOf(one)
      if (at >= 0) processes.splice(at, 1)
      await one.end(signal)
    },
  }
}

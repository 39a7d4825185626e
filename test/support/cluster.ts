import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from './after-test.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from './databases.ts'
import { silentLog } from './log.ts'
import { launchProcess, type Launched } from './process.ts'

/** False if several processes can serve a PostgreSQL database here, else the reason to skip a test. */
export const noCluster = await reasonToSkip()

async function reasonToSkip(): Promise<string | false> {
  const cluster = clusterUrl()
  if (typeof cluster !== 'string') return cluster.missing
  const url = await newPostgresUrl(cluster)
  await using _first = await openDatabase(url, silentLog, { alone: true })
  try {
    await using _second = await openDatabase(url, silentLog, { alone: true })
    return false
  } catch (error) {
    if (error instanceof StorageError) return error.message
    throw error
  }
}

export type ClusterProcess = Omit<Launched, 'ready'> & {
  url: string
  /** SIGSTOP, and SIGCONT. */
  pause(): void
  resume(): void
}

export type BelfryCluster = {
  /** A proxy that sends each request to the next process, also on a connection that is kept alive. */
  url: string
  processes: readonly ClusterProcess[]
  /** `settings`: environment variables of this process only. */
  add: (settings?: Readonly<Record<string, string>>) => Promise<ClusterProcess>
  /** Starts a `belfry worker`, to which the proxy sends nothing. */
  addWorker: (settings?: Readonly<Record<string, string>>) => Promise<ClusterProcess>
  /** Ends a process, and sends it no more requests. */
  remove: (process: ClusterProcess, signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
}

/** Starts `belfry serve` processes on one PostgreSQL database, behind a round-robin proxy. */
export async function startBelfryCluster(
  t: TestContext,
  {
    database,
    count = 2,
    settings = {},
  }: { database: string; count?: number; settings?: Record<string, string> },
): Promise<BelfryCluster> {
  const processes: ClusterProcess[] = []
  const data = temporaryFolder(t)
  const launch = async (command: 'serve' | 'worker', more: Readonly<Record<string, string>>) => {
    const launched = launchProcess({
      data,
      command,
      flags: ['--database', database],
      settings: { ...settings, ...more },
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
    url: await startRoundRobin(t, processes),
    processes,
    add,
    addWorker: (more = {}) => launch('worker', more),
    async remove(one, signal) {
      const at = processes.indexOf(one)
      if (at >= 0) processes.splice(at, 1)
      await one.end(signal)
    },
  }
}

async function startRoundRobin(t: TestContext, processes: readonly ClusterProcess[]): Promise<string> {
  let requests = 0
  const server = createServer((incoming, outgoing) => {
    const target = processes[requests++ % processes.length]
    const { method, headers, url = '/' } = incoming
    const passed = request(new URL(url, target?.url), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

import { setTimeout } from 'node:timers/promises'
import { type ClusterProcess, startBelfryCluster } from '../support/cluster.ts'
import { startRoundRobin } from '../support/round-robin.ts'
import { untilTheEnd } from '../support/until-the-end.ts'
import type { FailedWrite, ProcessRole, Resumption } from './run-record.ts'
import { type CrashTarget, GATEWAY_APP } from './crash-target.ts'
import type { SeededRandom } from './seeded-random.ts'

// Seven processes on one database: two with the API for clients, two workers, two push gateways, and one with
// all roles.

const KINDS: readonly ProcessRole[] = ['http', 'http', 'worker', 'worker', 'gateway', 'gateway', 'all']
const APPS = JSON.stringify({ [GATEWAY_APP]: { type: 'unifiedpush' } })

/** One of so many is stopped with SIGSTOP instead of killed. */
const STOPS_ONE_IN = 6
/** A process counts as dead after 10 s without a heartbeat. Some stops end before, some after that. */
const STOPPED_MS = { least: 2_000, more: 12_000 }
const READY_EVERY_MS = 200

type Place = { kind: ProcessRole; process: Promise<ClusterProcess> }

export type ClusterCrashTarget = CrashTarget & {
  /** How often a process of each kind was killed or stopped. */
  readonly counts: Readonly<Record<string, number>>
  /** The addresses of the processes with the API. */
  urls(): Promise<string[]>
}

/** @param settings environment variables of all processes */
export async function clusterTarget(
  database: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ClusterCrashTarget> {
  const end = untilTheEnd()
  const failedWrites: FailedWrite[] = []
  const cluster = await startBelfryCluster(end, {
    database,
    count: 0,
    settings: { BELFRY_GATEWAY_APPS: APPS, ...settings },
    readyEveryMs: READY_EVERY_MS,
    onErrorLine(line, process) {
      console.error(line)
      const at = timeOfFailedWrite(line)
      if (at !== undefined) failedWrites.push({ process, at })
    },
  })
  const gateways: ClusterProcess[] = []
  const balancer = await startRoundRobin(end, gateways, { readyEveryMs: READY_EVERY_MS })
  async function launch(kind: ProcessRole): Promise<ClusterProcess> {
    if (kind === 'worker') return cluster.addWorker()
    if (kind !== 'gateway') return cluster.add(kind === 'http' ? { BELFRY_ROLES: 'http' } : {})
    const gateway = await cluster.addGateway()
    gateways.push(gateway)
    return gateway
  }
  const places: Place[] = []
  for (const kind of KINDS) {
    const process = launch(kind)
    // The first one applies the migrations.
    await process
    places.push({ kind, process })
  }
  const counts: Record<string, number> = {}
  const resumptions: Resumption[] = []
  const stopped = new Set<Promise<void>>()
  let replace = () => {}
  const whole = async () => {
    await Promise.all(places.map(({ process }) => process))
    await Promise.all(stopped)
  }

  async function stop(process: ClusterProcess, random: SeededRandom): Promise<void> {
    const ms = STOPPED_MS.least + random.below(STOPPED_MS.more)
    process.pause()
    replace = () => {
      const waiting = setTimeout(ms).then(() => {
        process.resume()
        resumptions.push({ process: process.pid, at: Date.now() })
        stopped.delete(waiting)
      })
      stopped.add(waiting)
    }
  }

  async function killAt(place: Place, process: ClusterProcess): Promise<void> {
    const at = gateways.indexOf(process)
    if (at >= 0) gateways.splice(at, 1)
    await cluster.remove(process, 'SIGKILL')
    replace = () => {
      place.process = launch(place.kind)
      // A failure is reported by who waits for it.
      place.process.catch(() => undefined)
    }
  }

  return {
    url: async () => cluster.url,
    whole,
    counts,
    gatewayUrl: `${balancer.url}/_matrix/push/v1/notify`,
    resumptions,
    failedWrites,
    async urls() {
      const serving = await Promise.all(
        places.flatMap(({ kind, process }) => (kind === 'http' || kind === 'all' ? [process] : [])),
      )
      return serving.map(({ url }) => url)
    },
    async kill(random) {
      await whole()
      const place = random.pick(places)
      const isStop = random.below(STOPS_ONE_IN) === 0
      const name = `${isStop ? 'stopped' : 'killed'} ${place.kind}`
      counts[name] = (counts[name] ?? 0) + 1
      const process = await place.process
      await (isStop ? stop(process, random) : killAt(place, process))
      return { process: process.pid, name, isStop, role: place.kind }
    },
    replace: () => replace(),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...stopped, ...places.map(({ process }) => process)])
      await end[Symbol.asyncDispose]()
    },
  }
}

/**
 * The log has an error for a transaction that the database refuses, if it is the first one after one that it
 * accepted.
 */
function timeOfFailedWrite(line: string): number | undefined {
  const time = /^\{"level":"error","time":"([^"]+)".*"msg":"storage: /.exec(line)?.[1]
  return time === undefined ? undefined : Date.parse(time)
}

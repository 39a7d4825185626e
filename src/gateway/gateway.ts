import { type Clock, waitAtMost } from '../lib/clock.ts'
import { createDeadlines, type Deadlines } from '../lib/deadlines.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { TokenBuckets } from '../lib/token-buckets.ts'
import type { Database } from '../storage/database.ts'
import { createAcceptor } from './accept.ts'
import { createClaims, type GatewayMembership } from './claims.ts'
import { responseOf } from './response.ts'
import type { Apps, OpenApp } from './apps.ts'
import { startRecordSweepers } from './sweep-records.ts'
import type { Notification } from './notification.ts'
import type { Origin } from './origin.ts'
import { createOwnPokes, type OwnPokes } from './own-pokes.ts'
import { createProviderMetrics, watchApps } from './provider-metrics.ts'
import { createQueueCapacity, type QueueLimits } from './queue-capacity.ts'
import { createQueue } from './queue.ts'
import { createRecorder, type OnRejected } from './recorder.ts'
import type { Report, StepTrace } from './step.ts'

export type GatewayDeps = {
  db: Database
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  membership: GatewayMembership
  apps: Apps
  report: Report
  /** Absent: no step is stored. */
  trace?: StepTrace | undefined
  /** Called for rejected devices of this server's own users. */
  onRejected?: OnRejected
  /** The rate limit for each device, by a hash. Undefined: no limit. */
  perDevice?: TokenBuckets | undefined
  settings: GatewaySettings
}

export type GatewaySettings = QueueLimits & {
  /** How long the response waits for the first attempt, in milliseconds. */
  respondWithinMs: number
  /** How long a notification is retried, in milliseconds. */
  lifeMs: number
  /** The most records of processed notifications, and of rejections that a home server has not received yet. */
  mostRemembered: number
}

/** The state of an app, for operators. */
export type AppHealth = {
  type: string
  /** `degraded`: some devices cannot be reached because of a configuration error; the others can. */
  state: 'ok' | 'alarmed' | 'failing' | 'degraded'
  in_flight: number
  waiting: number
  credentials_expire_at?: number
  /** Paused providers and push services, and configuration errors. */
  troubles: { reason: string; since: number }[]
}

export type Gateway = AsyncDisposable &
  OwnPokes & {
    /**
     * Starts sending the items of the queue. `sendsQueue` false: another process does it; this one makes
     * first attempts only. Default: true.
     */
    start(sendsQueue?: boolean): Promise<void>
    /**
     * Sends a notification to its devices, all at once and independently.
     *
     * @returns the pushkeys that the home server must remove
     * @throws {MatrixError} 503 if a device could not be accepted. The home server then sends the
     *   notification again; devices that have received it are skipped as repeats.
     */
    notify(notification: Notification, from?: Origin): Promise<{ rejected: string[] }>
    /** Replaces the apps. Attempts in flight finish with the earlier ones. */
    replaceApps(apps: Apps): void
    /**
     * Responds to all calls at once, before a stop. Attempts in flight continue, and their notifications are
     * queued.
     */
    respondToPendingCalls(): void
    health(): { queued: number; apps: Record<string, AppHealth> }
  }

/** Longer than any provider takes. */
const ATTEMPT_MS = 60_000
/** The time limit of a stop for work in progress. */
const DRAIN_MS = 3000

export function createGateway(deps: GatewayDeps): Gateway {
  const { db, clock, log, metrics, settings } = deps
  const ending = new AbortController()
  const responseDeadlines = createDeadlines(clock, settings.respondWithinMs)
  const deadlines = createDeadlines(clock, ATTEMPT_MS)
  const capacity = createQueueCapacity(settings, deps.membership)
  const recorder = createRecorder({ ...deps, capacity, claims: createClaims(deps) })
  let apps = deps.apps
  const closing = new Set<Promise<void>>()
  const shared = {
    ...deps,
    report: reportOf(deps),
    apps: () => apps,
    metrics: createProviderMetrics(metrics),
    deadlines,
    recorder,
    capacity,
    signal: ending.signal,
  }
  const queue = createQueue(shared)
  const acceptor = createAcceptor({ ...shared, ...settings, queue, responseDeadlines })
  watchApps(metrics, { apps: () => apps.all, queueSize: () => capacity.count() })
  const sweepers: AsyncDisposable[] = []

  return {
    async start(sendsQueue = true) {
      await queue.start(sendsQueue)
      if (sendsQueue) sweepers.push(...startRecordSweepers({ db, clock, log }, settings.mostRemembered))
    },
    async notify(notification, from = { isOwn: false }) {
      const acceptances = await Promise.all(
        notification.devices.map((device) => acceptor.accept(device, { notification, origin: from })),
      )
      return responseOf(notification, acceptances)
    },
    ...createOwnPokes({ ...shared, ...deps, acceptor, queue }),
    replaceApps(next) {
      const before = apps
      apps = next
      track(closing, queue.retryPaused())
      track(closing, closeApps(before, log))
    },
    respondToPendingCalls: () => responseDeadlines.endNow(),
    health: () => ({
      queued: capacity.count(),
      apps: Object.fromEntries(apps.all.map((app) => [app.id, healthOf(app)])),
    }),
    async [Symbol.asyncDispose]() {
      responseDeadlines.endNow()
      const idle = Promise.all([acceptor.idle(), queue[Symbol.asyncDispose]()])
      await waitAtMost(clock, DRAIN_MS, idle)
      endAttempts(ending, deadlines)
      await idle
      for (const sweeper of sweepers) await sweeper[Symbol.asyncDispose]()
      responseDeadlines[Symbol.dispose]()
      deadlines[Symbol.dispose]()
      await apps[Symbol.asyncDispose]()
      await Promise.all(closing)
    },
  }
}

const reportOf =
  ({ report, trace }: GatewayDeps): Report =>
  (step) => {
    report(step)
    trace?.record(step)
  }

function endAttempts(ending: AbortController, deadlines: Deadlines): void {
  ending.abort()
  deadlines.endNow()
}

function track(running: Set<Promise<void>>, work: Promise<void>): void {
  running.add(work)
  void work.then(() => running.delete(work))
}

async function closeApps(apps: Apps, log: Log): Promise<void> {
  try {
    await apps[Symbol.asyncDispose]()
  } catch (error) {
    log.error({ err: error }, 'an app could not be closed')
  }
}

function healthOf(app: OpenApp): AppHealth {
  const { type, guard, circuits, provider } = app
  const failing = [
    ...app.faults.map((fault) => ({ reason: `bad ${settingIn(fault, app)}`, since: app.openedAt })),
    ...circuits.troubles().map(({ reason, since }) => ({ reason, since })),
  ]
  const others = app.recentFaults.list().filter(({ reason }) => !failing.some((one) => one.reason === reason))
  const expiry = provider.credentialsExpireAt?.()
  const unpaused = others.length > 0 ? 'degraded' : 'ok'
  return {
    type,
    state: guard.isAlarmed() ? 'alarmed' : failing.length > 0 ? 'failing' : unpaused,
    in_flight: circuits.inFlight(),
    waiting: circuits.waiting(),
    ...(expiry !== undefined && { credentials_expire_at: expiry }),
    troubles: [...failing, ...others],
  }
}

/** The key that a fault is about. The sentence itself names local files, and `/health` may be public. */
function settingIn(fault: string, { id }: OpenApp): string {
  const start = `apps.${id}.`
  return (fault.startsWith(start) && /^\w+/.exec(fault.slice(start.length))?.[0]) || 'configuration'
}

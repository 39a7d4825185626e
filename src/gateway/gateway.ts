import type { Clock } from '../lib/clock.ts'
import { createDeadlines } from '../lib/deadlines.ts'
import { limitExceeded, MatrixError } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { TokenBuckets } from '../lib/token-buckets.ts'
import type { Database } from '../storage/database.ts'
import { type Acceptance, createAcceptor } from './accept.ts'
import type { Apps, OpenApp } from './apps.ts'
import { startForgetting } from './forget.ts'
import type { Notification } from './notification.ts'
import type { Origin } from './origin.ts'
import { createProviderMetrics, watchApps } from './provider-metrics.ts'
import { createQueueRoom, type QueueLimits } from './queue-room.ts'
import { createQueue } from './queue.ts'
import { createRecorder, type OnRejected } from './recorder.ts'
import type { Report } from './step.ts'

export type GatewayDeps = {
  db: Database
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  apps: Apps
  report: Report
  /** For notifications of the server that this gateway is part of. */
  onRejected?: OnRejected
  /** Per device, by a name that is no secret. Undefined: no limit. */
  perDevice?: TokenBuckets | undefined
  settings: GatewaySettings
}

export type GatewaySettings = QueueLimits & {
  /** How long the first attempt is waited for, in milliseconds. */
  answerWithinMs: number
  /** How long a notification is tried, in milliseconds. */
  lifeMs: number
  /** Notifications that are known as repeats, and rejections that are still to be told. */
  mostRemembered: number
}

/** How an app does, for operators. */
export type AppHealth = {
  type: string
  /** `degraded`: some devices cannot be reached for a fault of the configuration, and the others can. */
  state: 'ok' | 'alarmed' | 'failing' | 'degraded'
  in_flight: number
  waiting: number
  credentials_expire_at?: number
  /** Providers and push services that are left alone for now, and faults of the configuration. */
  troubles: { reason: string; since: number }[]
}

export type Gateway = AsyncDisposable & {
  /** Takes up what waits since before. */
  start(): Promise<void>
  /**
   * Hands each device of a notification to its app, all at once and independently.
   *
   * @returns the pushkeys that the home server is to forget
   * @throws {MatrixError} 503 when it could not be accepted for one of them, so that the home server sends it again: those
   * that have had it are known then.
   */
  notify(notification: Notification, from?: Origin): Promise<{ rejected: string[] }>
  /** Goes on with other apps. What is under way ends with those before. */
  replaceApps(apps: Apps): void
  /** Answers all calls at once; what is not through goes into the queue. For before the end. */
  hasten(): void
  health(): { queued: number; apps: Record<string, AppHealth> }
}

/** What an address may store is used up. It is told to come again then. */
const REFUSED_FOR_MS = 60_000
/** Longer than any provider takes of its own accord. */
const ATTEMPT_MS = 60_000
/** At a stop, for what is under way. */
const DRAIN_MS = 3000

export function createGateway(deps: GatewayDeps): Gateway {
  const { db, clock, log, metrics, settings } = deps
  const ending = new AbortController()
  const patience = createDeadlines(clock, settings.answerWithinMs)
  const deadlines = createDeadlines(clock, ATTEMPT_MS)
  const room = createQueueRoom(settings)
  const recorder = createRecorder({ ...deps, room })
  let apps = deps.apps
  const closing = new Set<Promise<void>>()
  const shared = {
    ...deps,
    apps: () => apps,
    metrics: createProviderMetrics(metrics),
    deadlines,
    recorder,
    room,
    signal: ending.signal,
  }
  const queue = createQueue(shared)
  const acceptor = createAcceptor({ ...shared, ...settings, queue, patience })
  watchApps(metrics, { apps: () => apps.all, queueSize: () => room.count() })
  const sweepers: AsyncDisposable[] = []

  return {
    async start() {
      await queue.start()
      sweepers.push(...startForgetting({ db, clock, log }, settings.mostRemembered))
    },
    async notify(notification, from = { isOwn: false }) {
      const acceptances = await Promise.all(
        notification.devices.map((device) => acceptor.accept(device, notification, from)),
      )
      return answerOf(notification, acceptances)
    },
    replaceApps(next) {
      const before = apps
      apps = next
      track(closing, queue.lookAgain())
      track(closing, closeApps(before, log))
    },
    hasten: () => patience.endNow(),
    health: () => ({
      queued: room.count(),
      apps: Object.fromEntries(apps.all.map((app) => [app.id, healthOf(app)])),
    }),
    async [Symbol.asyncDispose]() {
      patience.endNow()
      const idle = Promise.all([acceptor.idle(), queue[Symbol.asyncDispose]()])
      await drain(clock, idle)
      ending.abort()
      await idle
      for (const sweeper of sweepers) await sweeper[Symbol.asyncDispose]()
      patience[Symbol.dispose]()
      deadlines[Symbol.dispose]()
      await apps[Symbol.asyncDispose]()
      await Promise.all(closing)
    },
  }
}

/** Resolves when nothing is under way any more, or after `DRAIN_MS`. */
async function drain(clock: Clock, idle: Promise<unknown>): Promise<void> {
  const drained = new AbortController()
  void idle.then(() => drained.abort())
  await clock.sleep(DRAIN_MS, drained.signal)
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

function answerOf(notification: Notification, acceptances: readonly Acceptance[]): { rejected: string[] } {
  if (acceptances.includes('failed'))
    throw new MatrixError(503, 'M_UNKNOWN', 'The notification could not be accepted now; send it again')
  if (acceptances.includes('refused')) throw limitExceeded(REFUSED_FOR_MS)
  const rejected = notification.devices.filter((_device, index) => acceptances[index] === 'rejected')
  return { rejected: [...new Set(rejected.map((device) => device.pushkey))] }
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

/** The key that a sentence is about. The sentence names files of the machine, and anyone may be able to read `/health`. */
function settingIn(fault: string, { id }: OpenApp): string {
  const start = `apps.${id}.`
  return (fault.startsWith(start) && /^\w+/.exec(fault.slice(start.length))?.[0]) || 'configuration'
}

import { existsSync } from 'node:fs'
import type { Bus } from './cluster/bus.ts'
import { watchCluster } from './cluster/cluster-metrics.ts'
import { configHash } from './cluster/config-hash.ts'
import { createDatabaseClock } from './cluster/database-clock.ts'
import { createMembership, type ClusterMember, type ClusterTask } from './cluster/membership.ts'
import { openBus } from './cluster/open-bus.ts'
import type { Role } from './config/roles.ts'
import type { ServerBus } from './cluster/shared-bus.ts'
import { whileLeading } from './cluster/while-leading.ts'
import { ConfigError } from './config/config-error.ts'
import type { GatewayConfig } from './config/gateway-file.ts'
import type { Config } from './config/schema.ts'
import { inboxRoutes } from './gateway-api/inbox.ts'
import type { ContentsNow } from './gateway-api/present-entries.ts'
import { createNotifyMetrics } from './gateway-api/notify-metrics.ts'
import { type GatewayApiDeps, gatewayRoutes, ownGateway } from './gateway-api/notify.ts'
import { isMapping, type ProviderTypes, readApps } from './gateway/app-settings.ts'
import { type Apps, openApps } from './gateway/apps.ts'
import { createGatewayEvents } from './gateway/gateway-events.ts'
import type { GatewayMembership } from './gateway/claims.ts'
import { endClaimsOfDead } from './gateway/claims-store.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { homeServer } from './gateway/home-server-store.ts'
import { makeInboxStore } from './gateway/inbox-store.ts'
import { createConfiguredInboxes, INBOX_APP_ID, type InboxDeps, makeInboxType } from './gateway/inbox.ts'
import { startInboxSweepers } from './gateway/sweep-inboxes.ts'
import type { ProviderDeps, ProviderType } from './gateway/provider.ts'
import type { OnRejected } from './gateway/recorder.ts'
import type { Step, StepTrace } from './gateway/step.ts'
import { healthRoutes } from './http/health.ts'
import { createMetricsServer, createScrape, metricsRoute } from './http/metrics.ts'
import { withOpenApi } from './http/openapi-route.ts'
import type { OnResponse } from './http/pipeline.ts'
import { createRateLimiter, type RateLimiter } from './http/rate-limit.ts'
import type { Requester, Route } from './http/route.ts'
import { createHttpServer } from './http/server.ts'
import { disposeTogether } from './lib/dispose.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { type Random, systemRandom } from './lib/ids.ts'
import { createLoadWords, type LoadWords } from './language/load-words.ts'
import { createLog, type Log } from './lib/log.ts'
import { VERSION } from './lib/version.ts'
import { createMetrics, type Metrics } from './lib/metrics.ts'
import { makeIpPolicy } from './lib/outbound/ip-policy.ts'
import type { Lookup } from './lib/outbound/lookup.ts'
import { withoutFor } from './lib/outbound/no-proxy.ts'
import { createResolver } from './lib/outbound/resolve.ts'
import { createTokenBuckets } from './lib/token-buckets.ts'
import { endLeasesOfDead } from './sending/lane-store.ts'
import type { Database } from './storage/database.ts'
import { openDatabase } from './storage/open-database.ts'
import { orClosed } from './storage/or-closed.ts'
import { labelOf, startingWith } from './storage/start-fault.ts'
import {
  createGatewayTrace,
  type DeviceJourney,
  type GatewayTrace,
  readGatewayJourney,
} from './trace/gateway-trace.ts'
import { startTraceSweeper } from './trace/sweep.ts'
import { createTrace } from './trace/trace.ts'

// The gateway, put together: as a part of `belfry serve`, and alone as `belfry gateway`.

export type Environment = {
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  wordsOf: LoadWords
  /** For tests: called with each response. */
  onResponse?: OnResponse | undefined
  /** For tests: the parameters of argon2 for new passwords, instead of the recommended ones. */
  passwordCost?: { memory: number; passes: number } | undefined
}

export type GatewayParts = {
  gateway: Gateway
  /** `POST /notify` and the state of apps. */
  notifyRoutes: Route[]
  inboxRoutes: Route[]
  startSweeping(): AsyncDisposable[]
  /** What `POST /notify` does, without HTTP. */
  inProcess: ReturnType<typeof ownGateway>
  /** Goes on with the apps of another configuration. Rejects, and changes nothing, when it is not good. */
  reload(apps: unknown): Promise<void>
}

type PartsOptions = Environment & {
  config: Config
  db: Database
  bus: Bus
  membership: GatewayMembership
  /** Of names that users choose. */
  lookup: Lookup
  /** As the configuration file has them, and under which key. */
  apps: unknown
  under: string
  /** Apps that exist unless the configuration changes them. */
  builtIn?: Record<string, unknown>
  onRejected?: OnRejected
  /** Has this session not ended? Absent: a gateway that runs alone has no users. */
  isSignedIn?: (requester: Requester) => Promise<boolean>
  contentsNow?: ContentsNow
  trace?: StepTrace
  limiter: RateLimiter
}

/** Opens the apps, and builds everything around them; nothing is sent before `gateway.start()`. */
export async function createGatewayParts(options: PartsOptions): Promise<GatewayParts> {
  const { config, db, bus, clock, random, log, metrics } = options
  const store = makeInboxStore({ db, bus, clock, maxBytes: config.gateway.max_inbox_bytes })
  const configured = createConfiguredInboxes()
  const inboxes = { store, configured, clock }
  const { isSignedIn } = options
  const types = providerTypes({ ...inboxes, hasUsers: isSignedIn !== undefined })
  const providerDeps = providerDepsOf(config, options)
  const open = (raw: unknown) =>
    openOrRefuse(withBuiltIn(raw, options.builtIn), { types, deps: providerDeps, under: options.under, log })
  let apps = await open(options.apps)
  const limits = config.rate_limits
  const rate = { perSecond: limits.pushes_per_second_per_device, burst: limits.push_burst_per_device }
  const gateway = createGateway({
    db,
    clock,
    random,
    log,
    metrics,
    membership: options.membership,
    apps,
    report: createGatewayEvents({ log, metrics, clock }),
    trace: options.trace,
    ...(options.onRejected && { onRejected: options.onRejected }),
    perDevice: limits.enabled ? createTokenBuckets({ rate, clock }) : undefined,
    settings: {
      respondWithinMs: config.gateway.answer_within_ms,
      lifeMs: config.gateway.retry_hours * 3_600_000,
      mostRemembered: config.gateway.max_remembered,
      mostQueued: config.gateway.max_queued,
      mostQueuedBytes: config.gateway.max_queued_bytes,
      mostQueuedBytesPerAddress: config.gateway.max_queued_bytes_per_address,
    },
  })
  const appOf = (appId: string) => {
    const app = apps.find(appId)
    return typeof app === 'string' ? undefined : app.id
  }
  const { limiter } = options
  const api: GatewayApiDeps = { gateway, metrics: createNotifyMetrics(metrics, appOf), limiter }
  return {
    gateway,
    notifyRoutes: gatewayRoutes(api),
    inboxRoutes: inboxRoutes({ ...options, ...inboxes }),
    startSweeping: () => startInboxSweepers({ db, clock, log }, config.gateway.inbox_retention_days),
    inProcess: ownGateway(api),
    async reload(raw) {
      apps = await open(raw)
      gateway.replaceApps(apps)
      log.info({ apps: apps.all.length }, 'the apps of the gateway were read again')
    },
  }
}

/** Opens all apps, or none. @throws {ConfigError} with everything that is wrong */
async function openOrRefuse(raw: unknown, { log, ...context }: AppsContext & { log: Log }): Promise<Apps> {
  const { apps, refused, warnings } = await openConfigured(raw, context)
  for (const warning of warnings) log.warn(warning)
  if (refused.length === 0) return apps
  await apps[Symbol.asyncDispose]()
  throw new ConfigError(refused.map(({ text }) => text).join('; '))
}

function withBuiltIn(raw: unknown, builtIn: Record<string, unknown> = {}): unknown {
  return raw === undefined || raw === null ? builtIn : isMapping(raw) ? { ...builtIn, ...raw } : raw
}

/** Every kind of app, loaded when one of it is configured. */
function providerTypes(inbox: InboxDeps): ProviderTypes {
  return new Map<string, () => Promise<ProviderType>>([
    ['apns', loadedOnce(async () => (await import('./gateway/apns/provider.ts')).makeApns())],
    ['gcm', async () => (await import('./gateway/fcm/provider.ts')).fcm],
    ['webpush', async () => (await import('./gateway/webpush/provider.ts')).webPush],
    ['unifiedpush', async () => (await import('./gateway/unifiedpush/provider.ts')).unifiedPush],
    ['inbox', async () => makeInboxType(inbox)],
  ])
}

/** One for all apps, also after a change of configuration: they share provider tokens. */
function loadedOnce(load: () => Promise<ProviderType>): () => Promise<ProviderType> {
  let loaded: Promise<ProviderType> | undefined
  return () => (loaded ??= load())
}

/** For a look at the configuration of a gateway that runs alone: nothing is sent. */
const inboxesToCheck = (): InboxDeps => ({
  clock: systemClock,
  configured: createConfiguredInboxes(),
  hasUsers: false,
  store: {
    add: async () => undefined,
    list: async () => [],
    listen: () => () => undefined,
    opened: async () => undefined,
    openedOf: async () => [],
    open: async () => false,
    touch: async () => undefined,
    close: async () => false,
  },
})

function providerDepsOf(
  config: Config,
  { clock, random, log, metrics, wordsOf, lookup }: Environment & { lookup: Lookup },
): Omit<ProviderDeps, 'appId'> {
  const policy = makeIpPolicy(config.push.allow_ip_ranges)
  return {
    clock,
    random,
    log,
    metrics,
    wordsOf,
    policy,
    lookup,
    proxy: withoutFor(config.gateway.proxy, config.push.no_proxy),
  }
}

/** Of Matrix ids (appendices, "Identifier Grammar"). */
const LONGEST_ID = 255

/** Records the steps of events. Counts alone have no journey. */
export function stepTraceOf(trace: GatewayTrace): StepTrace {
  // Another server can send ids of any length.
  const isSound = (id: string) => Buffer.byteLength(id) <= LONGEST_ID
  const recorded = ({ eventId, ...step }: Step) =>
    eventId !== undefined && isSound(eventId) && isSound(step.appId) ? [{ ...step, eventId }] : []
  return {
    record: (step) => recorded(step).forEach((one) => trace.record(one)),
    recordIn: (tx, steps) => trace.recordIn(tx, steps.flatMap(recorded)),
  }
}

/** For `org.belfry.inbox`, which a home server always has. */
export const BUILT_IN_APPS = { [INBOX_APP_ID]: { type: 'inbox' } }

export type GatewayApp = {
  log: Log
  listen(): Promise<{ url: string }>
  /** Goes on with the apps of another configuration. */
  reload(config: GatewayConfig): Promise<void>
  close(): Promise<void>
}

/** The given parts of the environment, with those of the system for the others. */
export function environmentOf(
  { log_level: level, language }: Pick<Config, 'log_level' | 'language'>,
  given: Partial<Environment>,
): Environment {
  return {
    clock: systemClock,
    random: systemRandom,
    ...given,
    log: given.log ?? createLog({ level }),
    metrics: given.metrics ?? createMetrics({ processMetrics: true }),
    wordsOf: given.wordsOf ?? createLoadWords(language),
  }
}

type Joining = {
  db: Database
  bus: ServerBus
  config: Config
  log: Log
  clock: Clock
  metrics: Metrics
  roles: readonly Role[]
  tasks: readonly ClusterTask[]
  /** A test has set the clock. */
  hasOwnClock: boolean
}

/** The place of this process among those that share the database, and the time that they share. On SQLite it is the only one. */
export function joinDatabase({ db, bus, config, log, clock, metrics, roles, tasks, hasOwnClock }: Joining): {
  membership: ClusterMember
  clock: Clock
} {
  const shared = db.isServedAlone || hasOwnClock ? undefined : createDatabaseClock(clock)
  const membership = createMembership({
    db,
    bus,
    state: () => ({ bus: bus.health() }),
    clock,
    log,
    roles,
    tasks,
    configHash: db.isServedAlone ? '' : configHash(config),
    async endDead(tx) {
      const freed = await endLeasesOfDead(tx)
      await tx.run(endClaimsOfDead, {})
      if (freed.length > 0) tx.onCommit(() => bus.publish('delivery', freed))
    },
    onTime: (now, steadyAt) => shared?.set(now, steadyAt),
  })
  watchCluster(metrics, membership, ['cluster', ...tasks])
  return { membership, clock: shared ?? clock }
}

async function openShared(
  { config, warnings }: Pick<GatewayConfig, 'config' | 'warnings'>,
  given: Partial<Environment>,
) {
  const local = environmentOf(config, given)
  const { log, clock, metrics } = local
  for (const warning of warnings) log.warn(warning)
  const db = await openDatabase(databaseUrl(config), log, { alone: true })
  await orClosed(db, () => checkOwner(db, config))
  const bus = await orClosed(db, () => openBus(config.cluster, config.database, local))
  const as = { roles: ['gateway'], tasks: ['gateway sweep'], hasOwnClock: given.clock !== undefined } as const
  const { membership, clock: shared } = joinDatabase({ db, bus, config, log, clock, metrics, ...as })
  return { db, bus, membership, environment: { ...local, clock: shared } }
}

/**
 * The gateway of a home server has its own apps and takes its notifications from the same queue.
 * @throws ConfigError when a home server owns the database
 */
async function checkOwner(db: Database, { database }: Config): Promise<void> {
  const server = await db.first(homeServer, {})
  if (server === undefined) return
  throw new ConfigError(
    `${labelOf(database)} belongs to the home server "${server.name}", which has a gateway of its own: start that one with the configuration of the server (no "apps" in the file), or this one with another --data or --database`,
  )
}

/** `belfry gateway`: configuration → storage → gateway → server. Nothing listens or sends before `listen()`. */
export async function createGatewayApp(
  { config, apps, metricsAt, warnings }: GatewayConfig,
  given: Partial<Environment> = {},
): Promise<GatewayApp> {
  const { environment, ...shared } = await openShared({ config, warnings }, given)
  const { db, bus, membership } = shared
  const { log } = environment
  const journeys = createGatewayTrace({ db, trace: createTrace({ isEnabled: config.trace.enabled }), log })
  const limiter = createRateLimiter(config.rate_limits, environment.clock)
  const parts = await orClosed(db, () =>
    createGatewayParts({
      ...environment,
      ...shared,
      config,
      lookup: createResolver({ clock: environment.clock, servers: config.push.dns_servers }),
      apps,
      under: 'apps',
      limiter,
      trace: stepTraceOf(journeys),
    }),
  )
  const { http, scrapes } = createServers({ ...environment, config, db, bus, parts, limiter, metricsAt })
  const running: AsyncDisposable[] = []
  return {
    log,
    listen: () =>
      startingWith(config.database, async () => {
        await db.check()
        await bus.start()
        await membership.start()
        const { url } = await http.listen()
        for (const one of scrapes) await one.listen()
        await parts.gateway.start()
        running.push(
          whileLeading({ membership, log }, 'gateway sweep', () => [
            ...parts.startSweeping(),
            startTraceSweeper({ db, ...environment }, config.trace),
          ]),
        )
        return { url }
      }),
    async reload(next) {
      for (const warning of next.warnings) log.warn(warning)
      await parts.reload(next.apps)
    },
    // In reverse order of this list. Every part is closed, even if closing another one fails.
    async close() {
      void membership.leave()
      await using closing = new AsyncDisposableStack()
      closing.use(db)
      closing.use(bus)
      closing.use(membership)
      for (const one of scrapes) closing.defer(() => one.close())
      closing.use(journeys)
      closing.use(parts.gateway)
      closing.defer(() => disposeTogether(running))
      closing.defer(() => http.close())
      // Responds to requests that wait for a first attempt; otherwise http.close() would wait for the attempt.
      closing.defer(() => parts.gateway.respondToPendingCalls())
    },
  }
}

type ServersOptions = Environment &
  Pick<PartsOptions, 'config' | 'db' | 'limiter'> & {
    parts: GatewayParts
    bus: ServerBus
    metricsAt: GatewayConfig['metricsAt']
  }

function createServers(options: ServersOptions) {
  const { config, db, bus, clock, log, metrics, limiter, parts, metricsAt } = options
  const scrape = createScrape(metrics, clock)
  const http = createHttpServer({
    config,
    log,
    metrics,
    authenticate: async () => undefined,
    limiter,
    onResponse: options.onResponse,
    routes: withOpenApi([
      ...healthRoutes({
        checks: { database: () => db.check() },
        details: () => ({ version: VERSION, gateway: parts.gateway.health(), bus: bus.health() }),
        clock,
        log,
      }),
      ...(config.metrics.listen === undefined ? [metricsRoute(scrape)] : []),
      ...parts.notifyRoutes,
      ...parts.inboxRoutes,
    ]),
  })
  // Sygnal's own place for metrics, and ours.
  const scrapes = [metricsAt, config.metrics.listen].flatMap((at) =>
    at === undefined ? [] : [createMetricsServer(scrape, at)],
  )
  return { http, scrapes }
}

/** What a gateway that runs alone, now or before, did with an event. */
export async function readJourney({ config }: GatewayConfig, eventId: string): Promise<DeviceJourney[]> {
  const { database } = config
  if (database.kind === 'sqlite' && !existsSync(database.path))
    throw new ConfigError(`there is no database at ${database.path}: name the gateway's --data or --database`)
  await using db = await openDatabase(databaseUrl(config), createLog({ level: 'silent' }))
  return await readGatewayJourney(db, eventId)
}

const databaseUrl = ({ database }: Config) =>
  database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url

/** Checks the settings of every app without a request to a provider. Each fault is one line. */
export async function checkGateway({ config, apps, warnings }: GatewayConfig): Promise<{
  lines: { app: string; fault?: string; type?: string }[]
  warnings: string[]
}> {
  const lines: { app: string; fault?: string; type?: string }[] = []
  const found = [...warnings]
  const log = createLog({ level: 'warn', stream: { write: (line: string) => noteWarning(line, found) } })
  const environment = {
    ...environmentOf(config, { log, metrics: createMetrics({ processMetrics: false }) }),
    lookup: createResolver({ clock: systemClock }),
  }
  const deps = providerDepsOf(config, environment)
  const types = providerTypes(inboxesToCheck())
  const {
    apps: opened,
    refused,
    warnings: ofApps,
  } = await openConfigured(apps, { types, deps, under: 'apps' })
  await using _open = opened
  found.push(...ofApps)
  for (const app of Object.keys(isMapping(apps) ? apps : {})) {
    const open = opened.all.find(({ id }) => id === app)
    const faults = open?.faults ?? refused.filter((one) => one.app === app).map(({ text }) => text)
    lines.push(...faults.map((fault) => ({ app, fault })))
    if (open !== undefined && faults.length === 0) lines.push({ app, type: open.type })
  }
  return { lines, warnings: found }
}

type AppsContext = { types: ProviderTypes; deps: Omit<ProviderDeps, 'appId'>; under: string }

/** Reads and opens the apps, for a start, a change of configuration and `gateway check` alike: what one finds the others find. */
async function openConfigured(raw: unknown, { types, deps, under }: AppsContext) {
  const { apps: settings, faults, warnings } = await readApps(raw, types, under)
  const { apps, refused } = await openApps(settings, deps)
  if (apps.all.length + faults.length + refused.length === 0)
    warnings.push(`"${under}" names no app: all notifications go nowhere`)
  return { apps, refused: [...faults, ...refused], warnings }
}

/** Collects the warnings of a start. Its errors are the faults that `check` reports. */
function noteWarning(line: string, warnings: string[]): void {
  const { level, msg, app_id: app } = JSON.parse(line) as { level: string; msg: string; app_id?: string }
  if (level === 'warn') warnings.push(app === undefined ? msg : `${app}: ${msg}`)
}

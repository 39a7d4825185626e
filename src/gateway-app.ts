import { existsSync } from 'node:fs'
import { openBus } from './cluster/open-bus.ts'
import type { ServerBus } from './cluster/shared-bus.ts'
import { whileLeading } from './cluster/while-leading.ts'
import { ConfigError } from './config/config-error.ts'
import type { GatewayConfig } from './config/gateway-file.ts'
import type { Config } from './config/schema.ts'
import { createGatewayParts, type GatewayParts } from './gateway-app/gateway-parts.ts'
import { stepTraceOf } from './gateway-app/step-trace.ts'
import { homeServer } from './gateway/home-server-store.ts'
import { healthRoutes } from './http/health.ts'
import { createMetricsServer, createScrape, metricsRoute } from './http/metrics.ts'
import { withOpenApi } from './http/openapi-route.ts'
import { createRateLimiter, type RateLimiter } from './http/rate-limit.ts'
import { createHttpServer } from './http/server.ts'
import { disposeTogether } from './lib/dispose.ts'
import { createLog, type Log } from './lib/log.ts'
import { createResolver } from './lib/outbound/resolve.ts'
import { VERSION } from './lib/version.ts'
import { type Environment, environmentOf } from './process/environment.ts'
import { joinDatabase } from './process/join-database.ts'
import type { Database } from './storage/database.ts'
import { openDatabase } from './storage/open-database.ts'
import { orClosed } from './storage/or-closed.ts'
import { labelOf, startingWith } from './storage/start-fault.ts'
import { createGatewayTrace, type DeviceJourney, readGatewayJourney } from './trace/gateway-trace.ts'
import { startTraceSweeper } from './trace/sweep.ts'
import { createTrace } from './trace/trace.ts'

// A gateway that runs alone: `belfry gateway`.

export type GatewayApp = {
  log: Log
  listen(): Promise<{ url: string }>
  /** Goes on with the apps of another configuration. */
  reload(config: GatewayConfig): Promise<void>
  close(): Promise<void>
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

type ServersOptions = Environment & {
  config: Config
  db: Database
  limiter: RateLimiter
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

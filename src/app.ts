import { type AccountAdministration, administerAccounts } from './accounts/administer.ts'
import { exportUser, type UserExport } from './administration/export-user.ts'
import { isSignedIn } from './accounts/authenticate.ts'
import { openInternalSession, type InternalSession } from './accounts/internal-session.ts'
import { administerTokens, type TokenAdministration } from './accounts/registration-tokens.ts'
import { openSign } from './accounts/server-secret.ts'
import { type Opening, openServerDatabase } from './accounts/server-name.ts'
import { createCommandBus } from './cluster/command-bus.ts'
import type { ClusterMember } from './cluster/membership.ts'
import { openBus } from './cluster/open-bus.ts'
import type { ServerBus } from './cluster/shared-bus.ts'
import { whileLeading } from './cluster/while-leading.ts'
import { readSetting } from './config/read-setting.ts'
import type { Role } from './config/roles.ts'
import type { Config, NamedConfig } from './config/schema.ts'
import type { MailService } from './delivery/email/mail-service.ts'
import { openServerVapid } from './delivery/server-vapid.ts'
import { BUILT_IN_APPS, createGatewayParts, type GatewayParts } from './gateway-app/gateway-parts.ts'
import { stepTraceOf } from './gateway-app/step-trace.ts'
import { openApiOf } from './http/openapi-route.ts'
import { createRateLimiter } from './http/rate-limit.ts'
import type { Route } from './http/route.ts'
import {
  copyDatabase,
  createMaintenance,
  type Maintenance,
  restoreBackup,
} from './maintenance/maintenance.ts'
import { administerMedia, type MediaAdministration } from './media/administer-media.ts'
import { avatarsAmong } from './rooms/avatars.ts'
import { currentContents } from './rooms/current-contents.ts'
import { administerRooms, type RoomAdministration } from './rooms/removal/administer-rooms.ts'
import { administerReports, type ReportAdministration } from './rooms/reports.ts'
import { disposeTogether } from './lib/dispose.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import type { OnProgress } from './lib/progress.ts'
import type { EventId, UserId } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import { createResolver } from './lib/outbound/resolve.ts'
import { type Environment, environmentOf } from './process/environment.ts'
import { joinDatabase } from './process/join-database.ts'
import { type ClusterStatus, createStages, readClusterStatus, type Stages } from './stages.ts'
import type { Database } from './storage/database.ts'
import { orClosed } from './storage/or-closed.ts'
import { startingWith } from './storage/start-fault.ts'
import { createGatewayTrace, type GatewayTrace } from './trace/gateway-trace.ts'
import { createTrace } from './trace/trace.ts'

export { copyDatabase, restoreBackup }
export type {
  ClusterStatus,
  Environment,
  Maintenance,
  MediaAdministration,
  RoomAdministration,
  TokenAdministration,
}

export type Belfry = {
  /** The domain of its user ids. */
  serverName: string
  /** Whether it serves the web console. */
  hasConsole: boolean
  log: Log
  /** All that it serves over HTTP. */
  routes: readonly Route[]
  /** The OpenAPI document of these. */
  openApi(): Promise<object>
  /** Starts serving and sending. `url`: where it listens, with the port that was picked. */
  listen(): Promise<{ url: string }>
  /**
   * Goes on with the gateway's apps of another configuration; all else stays. Rejects, and changes nothing,
   * if they are not good.
   */
  reload(config: Config): Promise<void>
  /** Stops accepting, lets what is in flight finish, and closes the database. */
  close(): Promise<void>
  /** What an operator does to accounts; it needs no `listen()`. `name`: a user name or a full user id. */
  accounts: AccountAdministration
  /** What an operator does to rooms; it needs no `listen()`. */
  rooms: RoomAdministration
  /** Registration tokens; it needs no `listen()`. */
  tokens: TokenAdministration
  /** Writes the data of one person into a new JSON file; it needs no `listen()`. @throws as `exportUser` */
  exportUser(name: string, to: { file: string; onProgress: OnProgress }): Promise<UserExport>
  /** Reports of users about content; it needs no `listen()`. */
  reports: ReportAdministration
  media: MediaAdministration
  /** Backups and checks; it needs no `listen()`. */
  maintenance: Maintenance
  /** The processes on the database and what waits in it; it needs no `listen()`. */
  clusterStatus(): Promise<ClusterStatus>
  /** A session of one of the server's own accounts, for what the server does through its own front door. */
  internalSession(name: string): Promise<InternalSession>
}

/**
 * The composition root: configuration → storage → stages → servers. Nothing listens or sends before `listen()`.
 * @param as `command` for what works beside a server that runs
 */
export async function createBelfry(
  asked: Config,
  given: Partial<Environment> = {},
  as: Opening['as'] = 'server',
): Promise<Belfry> {
  const ca = extraCaOf(asked)
  const { db, config, bus, membership, environment, drain } = await openShared(asked, given, as)
  const { log } = environment
  const limiter = createRateLimiter(config.rate_limits, environment.clock)
  const lookup = createResolver({ clock: environment.clock, servers: config.push.dns_servers })
  const trace = createTrace({ isEnabled: config.trace.enabled })
  const gatewayTrace = createGatewayTrace({ db, trace, log })
  const secrets = await orClosed(db, () => openSecrets(config, db, environment))
  const own = await orClosed(db, () =>
    createGatewayParts({
      ...environment,
      config,
      db,
      bus,
      membership,
      lookup,
      apps: config.gateway.apps,
      under: 'gateway.apps',
      builtIn: BUILT_IN_APPS,
      onRejected: (tx, device) => stages.rejectOwn(tx, device),
      ...inboxQuestions(db),
      trace: stepTraceOf(gatewayTrace),
      limiter,
    }),
  )
  const mail = await orClosed(db, () => openMail(config, environment))
  const parts = { ca, bus, limiter, lookup, trace, own, ...secrets, mail, membership, ...drain }
  const stages = createStages(config, { ...environment, ...parts }, db)
  const running: AsyncDisposable[] = []
  return {
    serverName: config.server_name,
    hasConsole: config.console,
    log,
    ...described(stages.http.routes),
    listen: () =>
      startingWith(config.database, () =>
        listen({ db, bus, log, ca, config, stages, own, membership, running }),
      ),
    reload: (next) => own.reload(next.gateway.apps),
    async close() {
      await drain.wait()
      await close(db, stages, { own, gatewayTrace, running, bus, membership })
    },
    internalSession: (name) => openInternalSession(stages.accounts, name),
    ...administrationOf(stages, { db, clock: environment.clock }),
    exportUser: (name, to) => exportUser({ ...stages.accounts, ruleSettings: stages.ruleSettings }, name, to),
    maintenance: createMaintenance({ db, config, blobs: stages.media.blobs, clock: environment.clock }),
    clusterStatus: () => readClusterStatus(db, config),
  }
}

type Listening = {
  db: Database
  bus: ServerBus
  log: Log
  ca: readonly string[]
  config: NamedConfig
  stages: Stages
  own: GatewayParts
  membership: ClusterMember
  /** Gets what has started, which is closed also when the next part fails. */
  running: AsyncDisposable[]
}

async function listen(parts: Listening): Promise<{ url: string }> {
  const { db, bus, log, ca, config, stages, own, membership, running } = parts
  const has = (...roles: Role[]) => roles.some((role) => membership.roles.includes(role))
  await db.check()
  // Before anything is leased.
  await membership.start()
  // Reports certificates that cannot be read at the start, not with the first poke.
  if (ca.length > 0) await stages.sender.load()
  if (has('http', 'sweep')) await stages.media.blobs.check()
  warnOfSending(log, config, stages.webPush?.health().contact)
  await bus.start()
  await stages.metricsServer?.listen()
  const { url } = await stages.http.listen()
  if (has('gateway')) stages.ownUrls.push(url)
  await own.gateway.start(has('gateway'))
  if (has('delivery')) running.push(...(await stages.startDelivering()))
  const sweepers = () => [...stages.startSweeping(), ...own.startSweeping()]
  if (has('sweep')) running.push(whileLeading({ membership, log }, 'sweep', sweepers))
  return { url }
}

const administrationOf = ({ accounts, media }: Stages, { db, clock }: { db: Database; clock: Clock }) => ({
  accounts: administerAccounts(accounts),
  tokens: administerTokens(accounts),
  reports: administerReports({ db }),
  rooms: administerRooms({ db, clock }),
  media: administerMedia(media, avatarsAmong),
})

/** What the gateway asks about the users and events of the server. */
const inboxQuestions = (
  db: Database,
): Pick<Parameters<typeof createGatewayParts>[0], 'isSignedIn' | 'contentsNow'> => ({
  isSignedIn: (requester) => isSignedIn(db, requester),
  contentsNow: (userId, eventIds) =>
    db.snapshot((q) => currentContents(q, userId as UserId, eventIds as EventId[])),
})

const described = (routes: readonly Route[]) => ({ routes, openApi: () => openApiOf(routes) })

function warnOfSending(log: Log, { push: { proxy } }: Config, contactFault: string | undefined): void {
  if (proxy !== undefined)
    log.info(
      { proxy: `${proxy.host}:${proxy.port}` },
      'pokes go through a proxy, which resolves the names: it has to keep private networks out of reach',
    )
  if (contactFault !== undefined)
    log.warn(`web push: the contact ${contactFault}; set push.contact, or public_url to an https URL`)
}

/** What processes share: the database, and the bus. */
async function openShared(asked: Config, given: Partial<Environment>, as: Opening['as']) {
  const local = environmentOf(asked, given)
  const { log, clock, metrics } = local
  const { db, config } = await openServerDatabase(asked, { log, now: clock.now(), as })
  const { cluster, database } = config
  const openWith = (to: Log) => openBus(cluster, database, { ...local, log: to })
  const bus = as === 'command' ? createCommandBus(openWith, log) : await orClosed(db, () => openWith(log))
  const hasOwnClock = given.clock !== undefined
  const { roles } = config
  const tasks = roles.includes('sweep') ? (['sweep'] as const) : []
  const joined = joinDatabase({ db, bus, config, log, clock, metrics, roles, tasks, hasOwnClock })
  const { membership } = joined
  return {
    db,
    config,
    bus,
    membership,
    environment: { ...local, clock: joined.clock },
    drain: createDrain(config),
  }
}

/** The time between the stop signal and the end of accepting, in which `/ready` responds 503. */
function createDrain({ drain_ms: ms }: NamedConfig) {
  let isDraining = false
  return {
    isDraining: () => isDraining,
    async wait() {
      isDraining = true
      if (ms > 0) await systemClock.sleep(ms)
    },
  }
}

/** The secrets of the database. */
function openSecrets(config: NamedConfig, db: Database, environment: Environment) {
  return startingWith(config.database, async () => ({
    sign: await openSign({ ...environment, db }),
    vapid: await openServerVapid(config, db, environment.clock),
  }))
}

/** The parts that send mail are loaded only if a mail server is configured. */
async function openMail(config: NamedConfig, environment: Environment): Promise<MailService | undefined> {
  if (config.email.smtp === undefined) return undefined
  const { createMailService } = await import('./delivery/email/mail-service.ts')
  return createMailService(config, environment)
}

function extraCaOf({ push }: Config): string[] {
  return push.extra_ca === undefined ? [] : [readSetting('push.extra_ca', push.extra_ca)]
}

/** For the command line. @throws {ConfigError} as `keepVapidKey` of `gateway/webpush/vapid-file.ts`. */
export async function keepVapidKey(file: string): Promise<{ publicKey: string; isNew: boolean }> {
  const { keepVapidKey: keep } = await import('./gateway/webpush/vapid-file.ts')
  const { key, isNew } = await keep(file)
  return { publicKey: key.publicKey, isNew }
}

type Outliving = {
  own: GatewayParts
  gatewayTrace: GatewayTrace
  running: readonly AsyncDisposable[]
  bus: AsyncDisposable
  membership: ClusterMember
}

/** Closes the parts in reverse order of this list. Every part is closed, even if closing another one fails. */
async function close(
  db: Database,
  stages: Stages,
  { own, gatewayTrace, running, bus, membership }: Outliving,
): Promise<void> {
  void membership.leave()
  await using parts = new AsyncDisposableStack()
  parts.use(db)
  // After all that publishes.
  parts.use(bus)
  // After all that sends: the heartbeat keeps its leases.
  parts.use(membership)
  parts.defer(async () => stages.metricsServer?.close())
  parts.use(stages.lastSeen)
  parts.use(stages.media.thumbnailer)
  parts.use(stages.media.blobs)
  parts.use(stages.webPush)
  parts.use(stages.sender)
  parts.use(gatewayTrace)
  parts.use(own.gateway)
  // At the same time, because each part that sends may need all of the time for the shutdown.
  parts.defer(() => disposeTogether(running))
  parts.use(stages.fetches)
  parts.use(stages.activity)
  parts.use(stages.devicePresence)
  parts.use(stages.typing)
  parts.defer(() => stages.http.close())
  parts.defer(() => own.gateway.respondToPendingCalls())
}

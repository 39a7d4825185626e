import { type AccountAdministration, administerAccounts } from './accounts/administer.ts'
import { type AccountDeps } from './accounts/deps.ts'
import { startValidationSweeper } from './accounts/sweep-validations.ts'
import type { ValidationDeps } from './accounts/email-validation.ts'
import { startMailSweepers } from './delivery/email/sweep-mail.ts'
import { createMailService } from './delivery/email/mail-service.ts'
import { startMailDelivery } from './delivery/email/worker.ts'
import type { Queries } from './storage/query.ts'
import { createLoginAttemptLimiter, createTokenMailLimiter } from './accounts/attempt-limits.ts'
import { createAuthenticator, isSignedIn } from './accounts/authenticate.ts'
import { createAuthSessions } from './accounts/auth-sessions.ts'
import { createLastSeen } from './accounts/last-seen.ts'
import { openOwnSession, type OwnSession } from './accounts/own-session.ts'
import { startHandleSweeper } from './accounts/rule-handles.ts'
import { copyDeviceRules, type RuleChangeDeps } from './accounts/change-rules.ts'
import { createPasswords } from './accounts/passwords.ts'
import { rulesetOf } from './accounts/rules.ts'
import { openServerDatabase, type Opening } from './accounts/server-name.ts'
import type { RuleSettings } from './push-rules/model.ts'
import { type Bus, createLocalBus } from './cluster/bus.ts'
import { clientRoutes } from './client-api/routes.ts'
import { readSetting } from './config/read-setting.ts'
import type { Config, NamedConfig } from './config/schema.ts'
import { explainRoutes } from './console-api/explain.ts'
import { journeyRoutes } from './console-api/journey.ts'
import { pusherReportRoutes } from './console-api/pushers.ts'
import { checkGatewayUrl, checkPushResource, NOTIFY_PATH } from './delivery/gateway-url.ts'
import { makeLazySender } from './delivery/lazy-sender.ts'
import { makeLazyWebPush } from './delivery/lazy-web-push.ts'
import { openServerVapid } from './delivery/server-vapid.ts'
import { startDelivery } from './delivery/worker.ts'
import {
  BUILT_IN_APPS,
  createGatewayParts,
  type Environment,
  type GatewayParts,
  noteIn,
} from './gateway-app.ts'
import { forgetInboxesOf } from './gateway/inbox-store.ts'
import type { NotificationDevice } from './gateway/notification.ts'
import type { Vapid } from './gateway/webpush/token.ts'
import { addressGroup } from './http/address.ts'
import { healthRoutes } from './http/health.ts'
import { createMetricsServer, createScrape, metricsRoute } from './http/metrics.ts'
import { createRateLimiter, type RateLimiter } from './http/rate-limit.ts'
import { createHttpServer } from './http/server.ts'
import { systemClock } from './lib/clock.ts'
import { createEvents } from './lib/events.ts'
import { systemRandom, type UserId } from './lib/ids.ts'
import { createLog, type Log } from './lib/log.ts'
import { createMetrics } from './lib/metrics.ts'
import { VERSION } from './lib/version.ts'
import { makeIpPolicy } from './lib/outbound/ip-policy.ts'
import type { Lookup } from './lib/outbound/lookup.ts'
import { withoutFor } from './lib/outbound/no-proxy.ts'
import { createResolver } from './lib/outbound/resolve.ts'
import { createOccupancy } from './lib/occupancy.ts'
import { badgeOf, endBadge, startBadge } from './notifications/badge.ts'
import { outcomeOf } from './notifications/counts.ts'
import { notificationDeps } from './notifications/deps.ts'
import { usersIgnored } from './notifications/ignoring.ts'
import { rulesChanged } from './notifications/members.ts'
import { isRead } from './notifications/read.ts'
import {
  removeAllPushers,
  removePusher,
  removePusherOfAddress,
  removePushersOfDevices,
  removeRejected,
} from './pushers/remove-pushers.ts'
import { MOST_URL_CHECKS_PER_USER, type PusherDeps } from './pushers/set-pusher.ts'
import { startRemovedSweeper } from './pushers/sweep-removed.ts'
import { startUnconfirmedSweeper } from './pushers/sweep-unconfirmed.ts'
import type { TestPushDeps } from './pushers/test-push.ts'
import type { RoomDeps } from './rooms/deps.ts'
import { leaveAllRooms, startLeaving } from './rooms/leave-all-rooms.ts'
import { updateMemberProfile } from './rooms/member-profile.ts'
import { displayNameAt, loadPokedEvents } from './rooms/poke-event.ts'
import { createActivity } from './rooms/sync/activity.ts'
import type { SyncDeps } from './rooms/sync/sync.ts'
import { createSharedRooms } from './rooms/sync/shared-rooms.ts'
import { createWakes } from './rooms/sync/wakes.ts'
import { createTyping } from './rooms/typing.ts'
import type { Database, Transaction } from './storage/database.ts'
import { startingWith } from './storage/start-fault.ts'
import { startTraceSweeper } from './trace/sweep.ts'
import { createGatewayTrace } from './trace/gateway-trace.ts'
import { createTrace, type Trace } from './trace/trace.ts'

export type { Environment }

export type Belfry = {
  /** The domain of its user ids. */
  serverName: string
  log: Log
  /** Starts serving and sending. `url`: where it listens, with the port that was picked. */
  listen(): Promise<{ url: string }>
  /** Goes on with the gateway's apps of another configuration; all else stays. Rejects, and changes nothing, if they are not good. */
  reload(config: Config): Promise<void>
  /** Stops accepting, lets what is in flight finish, and closes the database. */
  close(): Promise<void>
  /** What an operator does to accounts; it needs no `listen()`. `name`: a user name or a full user id. */
  accounts: AccountAdministration
  /** A session of one of the server's own accounts, for what the server does through its own front door. */
  ownSession(name: string): Promise<OwnSession>
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
  const log = given.log ?? createLog({ level: asked.log_level })
  const metrics = given.metrics ?? createMetrics({ processMetrics: true })
  const environment = { clock: systemClock, random: systemRandom, ...given, log, metrics }
  const { extra_ca: extraCa } = asked.push
  const ca = extraCa === undefined ? [] : [readSetting('push.extra_ca', extraCa)]
  const { db, config } = await openServerDatabase(asked, { log, now: environment.clock.now(), as })
  const bus = createLocalBus()
  const limiter = createRateLimiter(config.rate_limits, environment.clock)
  const lookup = createResolver({ clock: environment.clock, servers: config.push.dns_servers })
  const trace = createTrace({ isEnabled: config.trace.enabled })
  const gatewayTrace = createGatewayTrace({ db, trace, log })
  const vapid = await orClosed(db, () =>
    startingWith(config.database, () => openServerVapid(config, db, environment.clock)),
  )
  const own = await orClosed(db, () =>
    createGatewayParts({
      ...environment,
      config,
      db,
      bus,
      lookup,
      apps: config.gateway.apps,
      under: 'gateway.apps',
      builtIn: BUILT_IN_APPS,
      onRejected: (tx, device) => stages.rejectOwn(tx, device),
      isSignedIn: (requester) => isSignedIn(db, requester),
      note: noteIn(gatewayTrace),
      limiter,
    }),
  )
  const stages = createStages(config, { ...environment, ca, bus, limiter, lookup, trace, own, vapid }, db)
  const running: AsyncDisposable[] = []
  return {
    serverName: config.server_name,
    log,
    listen: () =>
      startingWith(config.database, async () => {
        await db.check()
        // Certificates that cannot be read are to be heard of now, not with the first poke.
        if (ca.length > 0) await stages.sender.load()
        const { proxy } = config.push
        if (proxy !== undefined)
          log.info(
            { proxy: `${proxy.host}:${proxy.port}` },
            'pokes go through a proxy, which resolves the names: it has to keep private networks out of reach',
          )
        const contactFault = stages.webPush?.health().contact
        if (contactFault !== undefined)
          log.warn(`web push: the contact ${contactFault}; set push.contact, or public_url to an https URL`)
        await stages.metricsServer?.listen()
        const { url } = await stages.http.listen()
        stages.ownUrls.push(url)
        await own.gateway.start()
        // What has started is closed, also when the next part fails.
        running.push(...(await stages.startDelivering()))
        running.push(...stages.startSweeping(), ...own.startSweeping())
        return { url }
      }),
    reload: (next) => own.reload(next.gateway.apps),
    async close() {
      own.gateway.hasten()
      await stages.http.close()
      stages.typing[Symbol.dispose]()
      stages.activity[Symbol.dispose]()
      // At once: each of those that send may take as long as all of it may.
      await Promise.all(running.map((part) => part[Symbol.asyncDispose]()))
      await own.gateway[Symbol.asyncDispose]()
      await gatewayTrace[Symbol.asyncDispose]()
      await stages.sender[Symbol.asyncDispose]()
      await stages.webPush?.[Symbol.asyncDispose]()
      await stages.lastSeen[Symbol.asyncDispose]()
      await stages.metricsServer?.close()
      await db[Symbol.asyncDispose]()
    },
    ownSession: (name) => openOwnSession(stages.accounts, name),
    accounts: administerAccounts(stages.accounts),
  }
}

type FromOutside = {
  ca: readonly string[]
  bus: Bus
  limiter: RateLimiter
  lookup: Lookup
  trace: Trace
  own: GatewayParts
  vapid: Vapid | undefined
}

async function orClosed<T>(db: Database, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    await db[Symbol.asyncDispose]()
    throw error
  }
}

/** For the command line. @throws {ConfigError} as `keepVapidKey` of `gateway/webpush/vapid-file.ts`. */
export async function keepVapidKey(file: string): Promise<{ publicKey: string; isNew: boolean }> {
  const { keepVapidKey: keep } = await import('./gateway/webpush/vapid-file.ts')
  const { key, isNew } = await keep(file)
  return { publicKey: key.publicKey, isNew }
}

/** Builds each stage with what it needs, from the end of an event's way to its beginning. */
function createStages(
  config: NamedConfig,
  { clock, random, log, metrics, ca, bus, limiter, lookup, trace, own, vapid }: Environment & FromOutside,
  db: Database,
) {
  const serverName = config.server_name
  const ruleSettings = ruleSettingsOf(config)
  const policy = makeIpPolicy(config.push.allow_ip_ranges)
  /** Under which URLs this server's own gateway can be reached. */
  const ownUrls = config.public_url === undefined ? [] : [config.public_url]
  const isOwnGateway = (url: URL) => ownUrls.some((own) => url.href === own + NOTIFY_PATH)

  const outbound = {
    policy,
    lookup,
    ca,
    proxy: withoutFor(config.push.proxy, config.push.no_proxy),
    connectionsPerOrigin: config.push.connections_per_gateway,
    clock,
  }
  const sender = makeLazySender({
    ...outbound,
    inProcess: (url) => (isOwnGateway(url) ? own.inProcess : undefined),
  })
  const events = createEvents({ log, metrics, clock })
  const webPush = vapid && makeLazyWebPush({ ...outbound, vapid, events })
  const sending = {
    send: sender.send,
    webPush,
    events,
    includeContent: config.push.include_content,
  }
  const mail = createMailService(config, { clock, random, log, metrics })
  const pushers: PusherDeps = {
    ...(mail && { mail }),
    db,
    bus,
    clock,
    random,
    trace,
    maxPushersPerUser: config.push.max_pushers_per_user,
    checkUrl: (url, kind) =>
      kind === 'webpush'
        ? checkPushResource(url, { policy, lookup })
        : checkGatewayUrl(url, { policy, lookup, isOwnGateway }),
    urlChecks: createOccupancy(MOST_URL_CHECKS_PER_USER),
    startBadge,
    endBadge,
    copyRules: (tx, of) => copyDeviceRules(rules, tx, of),
  }
  const testPushes: TestPushDeps = { ...pushers, ...sending, sendTestMail: mail?.sendTest }
  const ruleFaults = metrics.counter(
    'belfry_rule_faults_total',
    'Rule evaluations that threw; no message was lost',
  )
  const ruleCuts = metrics.counter(
    'belfry_rule_cuts_total',
    'Rule evaluations that cost what they may: some rules that users wrote were not evaluated for an event',
  )
  const notifications = notificationDeps({
    clock,
    bus,
    log,
    trace,
    ...ruleSettings,
    ruleFaults,
    ruleCuts,
    badge: config.push.badge,
  })
  const quotas = { ...config.quotas }
  const rooms: RoomDeps = {
    db,
    bus,
    clock,
    random,
    log,
    serverName,
    quotas,
    notifications,
    defaultVersion: config.rooms.default_version,
    allowEncryption: config.rooms.allow_encryption,
  }
  const accounts: AccountDeps = {
    db,
    bus,
    clock,
    random,
    serverName,
    quotas,
    passwords: createPasswords(),
    authSessions: createAuthSessions({ clock, random }),
    loginAttempts: createLoginAttemptLimiter(config.rate_limits, clock),
    addressGroup,
    onDevicesRemoved: (tx, userId, deviceIds) => removePushersOfDevices(pushers, tx, { userId, deviceIds }),
    onAddressRemoved: (tx, userId, address) => removePusherOfAddress(pushers, tx, { userId, address }),
    onAccountClosed: async (tx, userId) => {
      await removeAllPushers(pushers, tx, userId)
      await forgetInboxesOf(tx, userId)
    },
    onProfileChanged: (userId) => updateMemberProfile(rooms, userId),
    onDeactivated: (userId) => leaveAllRooms(rooms, userId),
    onRulesChanged: rulesChanged,
    onUsersIgnored: (tx, change) => usersIgnored(notifications, tx, change),
  }
  const validations: ValidationDeps = {
    ...accounts,
    mailToken: mail?.sendToken,
    tokenMails: createTokenMailLimiter(config.rate_limits, clock),
  }
  const rules: RuleChangeDeps = {
    ...accounts,
    ...ruleSettings,
    maxRulesPerUser: config.push.max_rules_per_user,
    maxRulesLength: config.push.max_rules_length_per_user,
  }
  const typing = createTyping({ clock, bus })
  const activity = createActivity({ bus, clock, random })
  const sync: SyncDeps = {
    db,
    bus,
    clock,
    typing,
    wakes: createWakes(),
    sharedRooms: createSharedRooms(),
    activity,
    ...ruleSettings,
    maxTimeoutMs: config.limits.sync_timeout_max_ms,
    pageBytes: config.limits.page_bytes,
  }
  const lastSeen = createLastSeen({ db, clock, log })
  const scrape = createScrape(metrics, clock)
  const metricsServer = config.metrics.listen && createMetricsServer(scrape, config.metrics.listen)
  const http = createHttpServer({
    config,
    log,
    metrics,
    authenticate: createAuthenticator({ db, lastSeen }),
    watchSessions: ({ userId }, listener) => bus.subscribe([`session:${userId}`], listener),
    limiter,
    routes: [
      ...healthRoutes({
        checks: { database: () => db.check() },
        details: () => ({
          version: VERSION,
          gateway: own.gateway.health(),
          ...(webPush && { web_push: webPush.health() }),
        }),
        clock,
        log,
      }),
      ...(config.metrics.listen === undefined ? [metricsRoute(scrape)] : []),
      ...clientRoutes({
        config,
        accounts,
        validations,
        rules,
        rooms,
        notifications,
        sync,
        typing,
        pushers,
        testPushes,
        webPush: vapid && { vapid: vapid.publicKey },
      }),
      ...explainRoutes({ db, settings: ruleSettings }),
      ...journeyRoutes({ db, trace }),
      ...pusherReportRoutes({ db, clock }),
      ...own.routes,
    ],
  })

  const questions = {
    loadPokedEvents,
    isRead,
    outcomeOf,
    rulesOf: (q: Queries, userId: UserId) => rulesetOf(q, userId, ruleSettings),
    ruleSettings,
    displayNameAt,
    includeContent: sending.includeContent,
  }
  const startDelivering = async () => {
    const pokes = await startDelivery({
      ...sending,
      ...questions,
      db,
      bus,
      clock,
      random,
      log,
      trace,
      badgeOf: (q, userId) => badgeOf(q, userId, config.push.badge),
      activeUntil: (of) => activity.until(of),
      removePusher: (tx, pusherId) => removePusher(pushers, tx, pusherId),
      concurrency: config.push.concurrency,
    })
    return mail
      ? [pokes, startMailDelivery({ ...mail.delivery, ...questions, db, clock, random, log, trace })]
      : [pokes]
  }
  const startSweeping = () => [
    startHandleSweeper({ ...rules, log }, config.push.handle_retention_days),
    startRemovedSweeper({ db, clock, log }),
    startUnconfirmedSweeper({ ...pushers, log }, config.push.unconfirmed_hours),
    startLeaving(rooms),
    startValidationSweeper({ db, clock, log }),
    ...startMailSweepers({ db, clock, log }),
    startTraceSweeper(
      { db, clock, log },
      { retentionDays: config.trace.retention_days, maxRows: config.trace.max_rows },
    ),
  ]
  const rejectOwn = (tx: Transaction, device: NotificationDevice) =>
    removeRejected(pushers, tx, {
      appId: device.app_id,
      pushkey: device.pushkey,
      pushkeyTs: device.pushkey_ts ?? 0,
      isOurs: (url) => URL.canParse(url) && isOwnGateway(new URL(url)),
    })
  return {
    http,
    metricsServer,
    accounts,
    lastSeen,
    typing,
    activity,
    sender,
    webPush,
    startDelivering,
    startSweeping,
    ownUrls,
    rejectOwn,
  }
}

/** Which default rules everybody has, and what rules may say. */
function ruleSettingsOf({ push, experimental: proposed }: Config): RuleSettings {
  return {
    legacyMentionRules: push.legacy_mention_rules,
    experimental: {
      polls: proposed.polls,
      encryptedEvents: proposed.encrypted_events,
      liveLocation: proposed.live_location,
      knocks: proposed.knocks,
      notifyInApp: proposed.notify_in_app,
    },
  }
}

import { readFileSync } from 'node:fs'
import { type AccountDeps } from './accounts/deps.ts'
import { createAuthenticator } from './accounts/authenticate.ts'
import { createAuthSessions } from './accounts/auth-sessions.ts'
import { createLastSeen } from './accounts/last-seen.ts'
import { openOwnSession, type OwnSession } from './accounts/own-session.ts'
import { startHandleSweeper } from './accounts/rule-handles.ts'
import { copyDeviceRules, type RuleChangeDeps } from './accounts/change-rules.ts'
import { createPasswords } from './accounts/passwords.ts'
import { createUser } from './accounts/register.ts'
import { rulesetOf } from './accounts/rules.ts'
import type { RuleSettings } from './push-rules/model.ts'
import { createLocalBus } from './cluster/bus.ts'
import { clientRoutes } from './client-api/routes.ts'
import { ConfigError } from './config/config-error.ts'
import type { Config } from './config/schema.ts'
import { explainRoutes } from './console-api/explain.ts'
import { pusherReportRoutes } from './console-api/pushers.ts'
import { checkGatewayUrl, checkPushResource, NOTIFY_PATH } from './delivery/gateway-url.ts'
import { makeLazySender } from './delivery/lazy-sender.ts'
import { makeLazyWebPush } from './delivery/lazy-web-push.ts'
import { serverVapidKey } from './delivery/server-key-store.ts'
import { startDelivery } from './delivery/worker.ts'
import { inboxRoutes } from './gateway-api/inbox.ts'
import { gatewayRoutes, ownGateway } from './gateway-api/notify.ts'
import { INBOX_APP_ID, makeInboxApp } from './gateway/apps.ts'
import { makeInboxStore } from './gateway/inbox-store.ts'
import type { NotifyDeps } from './gateway/notify.ts'
import { createVapid, type Vapid, vapidSubject } from './gateway/webpush/vapid.ts'
import { healthRoutes } from './http/health.ts'
import { createLoginAttemptLimiter, createRateLimiter } from './http/rate-limit.ts'
import { createHttpServer } from './http/server.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createEvents } from './lib/events.ts'
import { type Random, systemRandom } from './lib/ids.ts'
import { createLog, type Log } from './lib/log.ts'
import { createMetrics, type Metrics } from './lib/metrics.ts'
import { makeIpPolicy } from './lib/outbound/ip-policy.ts'
import { systemLookup } from './lib/outbound/lookup.ts'
import { badgeOf, endBadge, startBadge } from './notifications/badge.ts'
import { outcomeOf } from './notifications/counts.ts'
import { notificationDeps } from './notifications/deps.ts'
import { rulesChanged } from './notifications/members.ts'
import { isRead } from './notifications/read.ts'
import { removePusher, removePushersOfDevices } from './pushers/remove-pushers.ts'
import type { PusherDeps } from './pushers/set-pusher.ts'
import { startRemovedSweeper } from './pushers/sweep-removed.ts'
import type { TestPushDeps } from './pushers/test-push.ts'
import type { RoomDeps } from './rooms/deps.ts'
import { updateMemberProfile } from './rooms/member-profile.ts'
import { displayNameAt, loadPokedEvents } from './rooms/poke-event.ts'
import { createActivity } from './rooms/sync/activity.ts'
import type { SyncDeps } from './rooms/sync/sync.ts'
import { createTyping } from './rooms/typing.ts'
import { type Database, openDatabase } from './storage/database.ts'
import { proveWritable } from './storage/stream.ts'
import { startTraceSweeper } from './trace/sweep.ts'
import { createTrace } from './trace/trace.ts'

/** What a Belfry takes from the world around it; tests hand in others. */
export type Environment = { clock: Clock; random: Random; log: Log; metrics: Metrics }

export type Belfry = {
  /** Starts serving and sending. `url`: where it listens, with the port that was picked. */
  listen(): Promise<{ url: string }>
  /** Stops accepting, lets what is in flight finish, and closes the database. */
  close(): Promise<void>
  addUser(user: { name: string; password: string; admin: boolean }): Promise<{ userId: string }>
  /** A session of one of the server's own accounts, for what the server does through its own front door. */
  ownSession(name: string): Promise<OwnSession>
}

/** The composition root: configuration → storage → stages → servers. Nothing listens or sends before `listen()`. */
export async function createBelfry(config: Config, given: Partial<Environment> = {}): Promise<Belfry> {
  const log = given.log ?? createLog({ level: config.log_level })
  const metrics = given.metrics ?? createMetrics({ processMetrics: true })
  const environment = { clock: systemClock, random: systemRandom, ...given, log, metrics }
  const ca = config.push.extra_ca === undefined ? [] : [readCertificates(config.push.extra_ca)]
  const database = config.database
  const db = await openDatabase(database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url, log)
  const vapid = await vapidOf(config, db, environment.clock)
  const stages = createStages(config, { ...environment, ca, vapid }, db)
  const running: AsyncDisposable[] = []
  return {
    async listen() {
      // Certificates that cannot be read are to be heard of now, not with the first poke.
      if (ca.length > 0) await stages.sender.load()
      const { url } = await stages.http.listen()
      stages.ownUrls.push(url)
      running.push(...stages.startSweeping(), await stages.startDelivering())
      return { url }
    },
    async close() {
      await stages.http.close()
      stages.typing[Symbol.dispose]()
      stages.activity[Symbol.dispose]()
      for (const part of running.toReversed()) await part[Symbol.asyncDispose]()
      await stages.sender[Symbol.asyncDispose]()
      await stages.webPush?.[Symbol.asyncDispose]()
      await stages.lastSeen[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
    ownSession: (name) => openOwnSession(stages.accounts, name),
    addUser: async (user) => ({ userId: await createUser(stages.accounts, user) }),
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
  config: Config,
  {
    clock,
    random,
    log,
    metrics,
    ca,
    vapid,
  }: Environment & { ca: readonly string[]; vapid: Vapid | undefined },
  db: Database,
) {
  const bus = createLocalBus()
  const trace = createTrace({ isEnabled: config.trace.enabled })
  const serverName = config.server_name
  const ruleSettings = ruleSettingsOf(config)
  const policy = makeIpPolicy(config.push.allow_ip_ranges)
  /** Under which URLs this server's own gateway can be reached. */
  const ownUrls = config.public_url === undefined ? [] : [config.public_url]
  const isOwnGateway = (url: URL) => ownUrls.some((own) => url.href === own + NOTIFY_PATH)

  const inbox = makeInboxStore(db)
  const gateway: NotifyDeps = {
    apps: new Map([[INBOX_APP_ID, makeInboxApp({ store: inbox, clock })]]),
    report: gatewayReport(log, metrics),
  }
  const outbound = { policy, ca, connectionsPerOrigin: config.push.connections_per_gateway, clock }
  const sender = makeLazySender({
    ...outbound,
    inProcess: (url) => (isOwnGateway(url) ? ownGateway(gateway) : undefined),
  })
  const webPush = vapid && makeLazyWebPush({ ...outbound, vapid })
  const sending = {
    send: sender.send,
    webPush,
    events: createEvents({ log, metrics }),
    includeContent: config.push.include_content,
  }
  const pushers: PusherDeps = {
    db,
    bus,
    clock,
    random,
    trace,
    maxPushersPerUser: config.push.max_pushers_per_user,
    checkUrl: (url, kind) =>
      kind === 'webpush'
        ? checkPushResource(url, { policy, lookup: systemLookup })
        : checkGatewayUrl(url, { policy, lookup: systemLookup, isOwnGateway }),
    startBadge,
    endBadge,
    copyRules: (tx, of) => copyDeviceRules(rules, tx, of),
  }
  const testPushes: TestPushDeps = { ...pushers, ...sending }
  const ruleFaults = metrics.counter(
    'belfry_rule_faults_total',
    'Rule evaluations that threw; no message was lost',
  )
  const notifications = notificationDeps({ clock, bus, log, trace, ...ruleSettings, ruleFaults })
  const rooms: RoomDeps = { db, bus, clock, random, log, serverName, notifications }
  const accounts: AccountDeps = {
    db,
    bus,
    clock,
    random,
    serverName,
    passwords: createPasswords(),
    authSessions: createAuthSessions({ clock, random }),
    loginAttempts: createLoginAttemptLimiter(config.rate_limits, clock),
    onDevicesRemoved: (tx, userId, deviceIds) => removePushersOfDevices(pushers, tx, { userId, deviceIds }),
    onProfileChanged: (userId) => updateMemberProfile(rooms, userId),
    onRulesChanged: rulesChanged,
  }
  const rules: RuleChangeDeps = {
    ...accounts,
    ...ruleSettings,
    maxRulesPerUser: config.push.max_rules_per_user,
  }
  const typing = createTyping({ clock, bus })
  const activity = createActivity({ bus, clock, random })
  const sync: SyncDeps = {
    db,
    bus,
    clock,
    typing,
    activity,
    ...ruleSettings,
    maxTimeoutMs: config.limits.sync_timeout_max_ms,
  }
  const lastSeen = createLastSeen({ db, clock, log })
  const http = createHttpServer({
    config,
    log,
    metrics,
    authenticate: createAuthenticator({ db, lastSeen }),
    limiter: createRateLimiter(config.rate_limits, clock),
    routes: [
      ...healthRoutes({ checks: { database: () => proveWritable(db) }, metrics, log }),
      ...clientRoutes({
        config,
        accounts,
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
      ...pusherReportRoutes({ db, clock }),
      ...gatewayRoutes(gateway),
      ...inboxRoutes({ store: inbox }),
    ],
  })

  const startDelivering = () =>
    startDelivery({
      ...sending,
      db,
      bus,
      clock,
      random,
      log,
      trace,
      loadPokedEvents,
      badgeOf,
      isRead,
      outcomeOf,
      rulesOf: (q, userId) => rulesetOf(q, userId, ruleSettings),
      ruleSettings,
      displayNameAt,
      activeUntil: (of) => activity.until(of),
      removePusher: (tx, pusherId) => removePusher(pushers, tx, pusherId),
      concurrency: config.push.concurrency,
    })
  const startSweeping = () => [
    startHandleSweeper({ ...rules, log }, config.push.handle_retention_days),
    startRemovedSweeper({ db, clock, log }),
    startTraceSweeper(
      { db, clock, log },
      { retentionDays: config.trace.retention_days, maxRows: config.trace.max_rows },
    ),
  ]
  return {
    http,
    accounts,
    lastSeen,
    typing,
    activity,
    sender,
    webPush,
    startDelivering,
    startSweeping,
    ownUrls,
  }
}

/** How this server shows itself to push services; undefined: it sends nothing to them. */
async function vapidOf({ push, public_url: url, server_name: name }: Config, db: Database, clock: Clock) {
  if (!push.web_push) return undefined
  const key = await serverVapidKey(db, clock.now())
  const contact = push.contact === undefined ? undefined : vapidSubject(push.contact)
  if (push.contact !== undefined && contact === undefined)
    throw new ConfigError(
      'bad value for "push.contact": expected an e-mail address or an https URL that others can reach',
    )
  const [host = ''] = name.split(':')
  const subject = contact ?? vapidSubject(url ?? '') ?? vapidSubject(`postmaster@${host}`)
  return createVapid(key, subject ?? NO_CONTACT, clock)
}

/** Push services want some contact, and a server that is known by no public name has none. */
const NO_CONTACT = 'mailto:postmaster@localhost.invalid'

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

function gatewayReport(log: Log, metrics: Metrics): NotifyDeps['report'] {
  const outcomes = metrics.counter('belfry_gateway_outcomes_total', 'Notifications by what became of them', [
    'outcome',
  ])
  return (report) => {
    outcomes.inc({ outcome: report.outcome })
    if (report.outcome === 'configuration error')
      log.warn({ app_id: report.appId }, 'no such app at this gateway')
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`bad value for "push.extra_ca": ${file} cannot be read`, { cause: error })
  }
}

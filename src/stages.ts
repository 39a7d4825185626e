import type { FollowingParams, HeadParams } from './delivery/head-store.ts'
import type { FactsWanted } from './delivery/recipient.ts'
import { pokeHeads, pokesFollowing, recipientFacts } from './notifications/recipient-facts.ts'
import { createLoginAttemptLimiter, createTokenMailLimiter } from './accounts/attempt-limits.ts'
import { createAuthSessions } from './accounts/auth-sessions.ts'
import { createAuthenticator } from './accounts/authenticate.ts'
import { copyDeviceRules, type RuleChangeDeps } from './user-rules/change-rules.ts'
import type { AccountDeps } from './accounts/deps.ts'
import type { ValidationDeps } from './accounts/email-validation.ts'
import { copyRoomData } from './accounts/copy-room-data.ts'
import { createLastSeen } from './accounts/last-seen.ts'
import { createPasswords } from './accounts/passwords.ts'
import { startRuleTimers } from './rooms/rule-digests.ts'
import { copyRoomRules } from './user-rules/copy-room-rules.ts'
import { rulesetOf, ruleSettingsOf } from './user-rules/read-rules.ts'
import { startValidationSweeper } from './accounts/sweep-validations.ts'
import { startWordSweeper } from './accounts/user-words.ts'
import { startTransactionSweeper } from './accounts/to-device/sweep-transactions.ts'
import { type ClientApiDeps, clientRoutes } from './client-api/routes.ts'
import type { Bus } from './cluster/bus.ts'
import type { Quotas } from './config/limits-schema.ts'
import type { NamedConfig } from './config/schema.ts'
import { consoleRoutes } from './console-api/routes.ts'
import { consolePageRoutes } from './console/routes.ts'
import type { MailService } from './delivery/email/mail-service.ts'
import type { KeyDeps } from './keys/deps.ts'
import {
  announceRenamed,
  checkDeviceId,
  removeCrossSigningKeys,
  removeKeysOfDevices,
} from './keys/remove-keys.ts'
import { encryptionSection } from './keys/sync-section.ts'
import { startMailSweepers } from './delivery/email/sweep-mail.ts'
import { checkGatewayUrl, checkPushResource, NOTIFY_PATH } from './delivery/gateway-url.ts'
import { makeLazySender } from './delivery/lazy-sender.ts'
import { makeLazyWebPush } from './delivery/lazy-web-push.ts'
import { startDelivery } from './delivery/worker.ts'
import type { Environment, GatewayParts } from './gateway-app.ts'
import { forgetInboxesOf } from './gateway/inbox-store.ts'
import type { NotificationDevice } from './gateway/notification.ts'
import type { Vapid } from './gateway/webpush/token.ts'
import { addressGroup } from './http/address.ts'
import { healthRoutes } from './http/health.ts'
import { createMetricsServer, createScrape, metricsRoute } from './http/metrics.ts'
import { withOpenApi } from './http/openapi-route.ts'
import type { RateLimiter } from './http/rate-limit.ts'
import { createHttpServer } from './http/server.ts'
import { createEvents } from './lib/events.ts'
import type { UserId } from './lib/ids.ts'
import { createOccupancy } from './lib/occupancy.ts'
import { makeIpPolicy } from './lib/outbound/ip-policy.ts'
import type { Lookup } from './lib/outbound/lookup.ts'
import { withoutFor } from './lib/outbound/no-proxy.ts'
import { VERSION } from './lib/version.ts'
import { createMediaDeps } from './media/create-media-deps.ts'
import type { MediaDeps } from './media/deps.ts'
import { removeMediaOfUser } from './media/remove-media.ts'
import { startMediaSweepers } from './media/sweep-media.ts'
import { endBadge, startBadge } from './notifications/badge.ts'
import { notificationDeps, type NotificationDeps } from './notifications/deps.ts'
import { forgetSilenced, usersIgnored } from './notifications/ignoring.ts'
import { rulesChanged } from './notifications/members.ts'
import { ruleMetrics } from './notifications/rule-metrics.ts'
import type { RuleSettings } from './push-rules/model.ts'
import {
  removeAllPushers,
  removePusher,
  removePusherOfAddress,
  removePushersOfDevices,
  removeRejected,
} from './pushers/remove-pushers.ts'
import { MAX_URL_CHECKS_PER_USER, type PusherDeps } from './pushers/set-pusher.ts'
import { startRemovedSweeper } from './pushers/sweep-removed.ts'
import { startUnconfirmedSweeper } from './pushers/sweep-unconfirmed.ts'
import type { RoomDeps } from './rooms/deps.ts'
import { leaveAllRooms, startLeaveSweeper } from './rooms/leave-all-rooms.ts'
import { updateMemberProfile } from './rooms/member-profile.ts'
import { displayNameAt, loadPokedEvents } from './rooms/poke-event.ts'
import { createActivity } from './rooms/sync/activity.ts'
import { announceProfile, removeDevicePresence, removePresence } from './rooms/presence/change-presence.ts'
import { createDevicePresence } from './rooms/presence/device-presence.ts'
import { presenceSection } from './rooms/presence/presence-section.ts'
import { startPresenceSweeper } from './rooms/presence/sweep-presence.ts'
import { deletePrivateReceipts } from './rooms/receipts-store.ts'
import { removeSubscriptions } from './rooms/relations/subscriptions.ts'
import { startSearchIndexer, watchSearchIndex } from './rooms/search/index-events.ts'
import { startUpgradeSweeper } from './rooms/upgrade-carry.ts'
import { syncSections } from './rooms/sync/sections.ts'
import { removeConnections } from './rooms/sync/sliding/connections.ts'
import { startConnectionSweeper } from './rooms/sync/sliding/sweep-connections.ts'
import { slidingDeps } from './rooms/sync/sliding/wiring.ts'
import { createSharedRooms } from './rooms/sync/shared-rooms.ts'
import { createWakes } from './rooms/sync/wake-queue.ts'
import { createTyping } from './rooms/typing.ts'
import type { Database, Transaction } from './storage/database.ts'
import type { Queries } from './storage/query.ts'
import { startTraceSweeper } from './trace/sweep.ts'
import { createArrivals } from './trace/arrival/wiring.ts'
import type { Trace } from './trace/trace.ts'

/** A message to all devices of a user is stored once for each: a request can store this many times the size of its body. */
const FAN_OUT = 4

export type FromOutside = {
  ca: readonly string[]
  bus: Bus
  limiter: RateLimiter
  lookup: Lookup
  trace: Trace
  own: GatewayParts
  vapid: Vapid | undefined
  mail: MailService | undefined
}

export type Stages = ReturnType<typeof createStages>

/** What every stage may be built from. */
type Given = Environment &
  FromOutside & {
    config: NamedConfig
    db: Database
    ruleSettings: RuleSettings
    quotas: Quotas
    media: MediaDeps
  }

/** Builds each stage with what it needs, from the end of an event's way to its beginning. */
export function createStages(config: NamedConfig, outside: Environment & FromOutside, db: Database) {
  const ruleSettings = ruleSettingsOf(config)
  const sending = createSending(config, outside)
  const quotas = { ...config.quotas }
  const media = createMediaDeps({ ...outside, db, config, quotas })
  const given: Given = { ...outside, config, db, ruleSettings, quotas, media }
  const pushers: PusherDeps = {
    ...pusherDeps(given, sending.checkUrl),
    copyRules: (tx, of) => copyDeviceRules(rules, tx, of),
  }
  const notifications = notificationDepsOf(given)
  const rooms: RoomDeps = {
    ...roomDeps(given, notifications),
    onReplacementJoined: carryingSettings(() => ({ rules, accounts })),
  }
  const accounts = accountDeps(given, { pushers, rooms, notifications })
  const validations: ValidationDeps = {
    ...accounts,
    mailToken: outside.mail?.sendToken,
    tokenMails: createTokenMailLimiter(config.rate_limits, outside.clock),
  }
  const rules = ruleChangeDeps(given, accounts)
  const reading = createReading(given)
  const front = createFront(given, {
    accounts,
    validations,
    rules,
    rooms,
    notifications,
    pushers,
    testPushes: { ...pushers, ...sending.sending, sendTestMail: outside.mail?.sendTest },
    ...reading,
    webPush: sending.webPush,
  })
  const { typing, activity, fetches, devicePresence } = reading
  const { sender, webPush, ownUrls, isOwnGateway } = sending
  return {
    ...front,
    accounts,
    typing,
    activity,
    fetches,
    devicePresence,
    sender,
    webPush,
    media,
    startDelivering: () => startDelivering(given, { ...sending, pushers, notifications, activity, fetches }),
    startSweeping: () => startSweeping(given, { pushers, rooms, rules }),
    ownUrls,
    rejectOwn: (tx: Transaction, device: NotificationDevice) =>
      removeRejected(pushers, tx, {
        appId: device.app_id,
        pushkey: device.pushkey,
        pushkeyTs: device.pushkey_ts ?? 0,
        isOurs: (url) => URL.canParse(url) && isOwnGateway(new URL(url)),
      }),
  }
}

type Sending = ReturnType<typeof createSending>

/** What pokes go out through, and where they may go. */
function createSending(
  config: NamedConfig,
  { clock, log, metrics, wordsOf, ca, lookup, own, vapid }: Environment & FromOutside,
) {
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
  const webPush = vapid && makeLazyWebPush({ ...outbound, wordsOf, vapid, events })
  const sending = { send: sender.send, webPush, events, wordsOf, includeContent: config.push.include_content }
  const checkUrl: PusherDeps['checkUrl'] = (url, kind) =>
    kind === 'webpush'
      ? checkPushResource(url, { policy, lookup })
      : checkGatewayUrl(url, { policy, lookup, isOwnGateway })
  return { sender, events, webPush, sending, checkUrl, ownUrls, isOwnGateway }
}

function pusherDeps(
  { db, bus, clock, random, trace, config, mail }: Given,
  checkUrl: PusherDeps['checkUrl'],
): Omit<PusherDeps, 'copyRules'> {
  return {
    ...(mail && { mail }),
    db,
    bus,
    clock,
    random,
    trace,
    maxPushersPerUser: config.push.max_pushers_per_user,
    checkUrl,
    urlChecks: createOccupancy(MAX_URL_CHECKS_PER_USER),
    startBadge,
    endBadge,
  }
}

function notificationDepsOf({ clock, bus, log, trace, metrics, config, ruleSettings }: Given) {
  return notificationDeps({
    clock,
    bus,
    log,
    trace,
    ...ruleSettings,
    ...ruleMetrics(metrics),
    badge: config.push.badge,
  })
}

function roomDeps(
  { db, bus, clock, random, log, config, quotas }: Given,
  notifications: NotificationDeps,
): Omit<RoomDeps, 'onReplacementJoined'> {
  return {
    db,
    bus,
    clock,
    random,
    log,
    serverName: config.server_name,
    quotas,
    notifications,
    defaultVersion: config.rooms.default_version,
    allowEncryption: config.rooms.allow_encryption,
  }
}

/** `of`: the stages, which are built after the rooms. */
function carryingSettings(
  of: () => { rules: RuleChangeDeps; accounts: AccountDeps },
): RoomDeps['onReplacementJoined'] {
  return async (tx, change) => {
    const { rules, accounts } = of()
    await copyRoomRules(rules, tx, change)
    await copyRoomData(accounts, tx, change)
  }
}

function ruleChangeDeps({ config, ruleSettings }: Given, accounts: AccountDeps): RuleChangeDeps {
  return {
    ...accounts,
    ...ruleSettings,
    maxRulesPerUser: config.push.max_rules_per_user,
    maxRulesLength: config.push.max_rules_length_per_user,
  }
}

function keyDeps({ db, bus, clock, log, config, quotas }: Given): KeyDeps {
  const sharedRoomsOnly = config.encryption.keys_for_shared_rooms_only
  return { db, bus, clock, log, quotas, sharedRoomsOnly }
}

type AccountHangers = { pushers: PusherDeps; rooms: RoomDeps; notifications: NotificationDeps }

/** With what hangs on accounts and goes, or changes, with them. */
function accountDeps(
  { db, bus, clock, random, config, quotas }: Given,
  { pushers, rooms, notifications }: AccountHangers,
): AccountDeps {
  return {
    db,
    bus,
    clock,
    random,
    serverName: config.server_name,
    quotas,
    passwords: createPasswords(),
    authSessions: createAuthSessions({ clock, random }),
    loginAttempts: createLoginAttemptLimiter(config.rate_limits, clock),
    addressGroup,
    onDevicesRemoved: async (tx, userId, deviceIds) => {
      await removePushersOfDevices(pushers, tx, { userId, deviceIds })
      await removeKeysOfDevices({ bus }, tx, { userId, deviceIds })
      removeConnections(tx, { userId, deviceIds })
      if (config.presence.enabled) await removeDevicePresence({ bus, clock }, tx, { userId, deviceIds })
    },
    onDeviceRenamed: (tx, userId, deviceId) => announceRenamed({ bus }, tx, { userId, deviceId }),
    checkDeviceId: (tx, userId, deviceId) => checkDeviceId(tx, { userId, deviceId }),
    onAddressRemoved: (tx, userId, address) => removePusherOfAddress(pushers, tx, { userId, address }),
    onAccountClosed: async (tx, userId) => {
      await removeAllPushers(pushers, tx, userId)
      await removeCrossSigningKeys({ bus }, tx, userId)
      await forgetInboxesOf(tx, userId)
      await forgetSilenced(tx, userId)
      removePresence(tx, userId)
      removeSubscriptions(tx, userId)
      tx.write(deletePrivateReceipts, { userId })
    },
    onAccountErased: async (tx, userId) => {
      await removeMediaOfUser(tx, userId)
    },
    onProfileChanged: async (userId) => {
      await updateMemberProfile(rooms, userId)
      if (config.presence.enabled) await announceProfile({ db, bus, clock }, userId)
    },
    onDeactivated: (userId) => leaveAllRooms(rooms, userId),
    onRulesChanged: rulesChanged,
    onUsersIgnored: (tx, change) => usersIgnored(notifications, tx, change),
  }
}

/** What waits in `/sync`, and what that tells of who is active. */
function createReading({ db, bus, clock, random, log, metrics, config, ruleSettings }: Given) {
  const typing = createTyping({ clock, bus })
  const activity = createActivity({ bus, clock, random })
  const fetches = createArrivals({ db, clock, log, metrics, config, isActive: activity.isActive })
  const devicePresence = config.presence.enabled
    ? createDevicePresence({ db, bus, clock, random, log })
    : undefined
  const pageBytes = config.limits.page_bytes
  const shared = {
    db,
    bus,
    clock,
    random,
    typing,
    wakes: createWakes(),
    activity,
    fetches,
    devicePresence,
    sharedRooms: createSharedRooms(),
    maxTimeoutMs: config.limits.sync_timeout_max_ms,
    pageBytes,
    ...ruleSettings,
  }
  const encryption = encryptionSection()
  const presence = devicePresence === undefined ? [] : [presenceSection({ clock })]
  const sync = { ...shared, sections: [...syncSections(shared), encryption, ...presence] }
  const { sliding_connections: maxConnections, sliding_rooms: maxRooms } = config.quotas
  const slidingSync = slidingDeps({ ...shared, maxConnections, maxRooms }, encryption)
  return { typing, activity, fetches, devicePresence, sync, slidingSync }
}

type Reading = ReturnType<typeof createReading>
type Front = Omit<ClientApiDeps, keyof ReturnType<typeof clientDeps> | 'keys' | 'webPush'> &
  Pick<Sending, 'webPush'> &
  Pick<Reading, 'fetches'>

/** The servers, and all that is behind their routes. */
function createFront(given: Given, { webPush, ...stages }: Front) {
  const { db, bus, clock, log, metrics, limiter, own, vapid, config } = given
  const lastSeen = createLastSeen({ db, clock, log })
  watchSearchIndex({ metrics, db })
  const scrape = createScrape(metrics, clock)
  const metricsServer = config.metrics.listen && createMetricsServer(scrape, config.metrics.listen)
  const http = createHttpServer({
    config,
    log,
    metrics,
    authenticate: createAuthenticator({ db, lastSeen }),
    watchSessions: ({ userId }, listener) => bus.subscribe([`session:${userId}`], listener),
    limiter,
    onResponse: given.onResponse,
    routes: withOpenApi([
      ...healthRoutes({
        checks: { database: () => db.check() },
        details: () => ({
          version: VERSION,
          gateway: own.gateway.health(),
          ...(webPush && { web_push: webPush.health() }),
          arrivals: stages.fetches.health(),
        }),
        clock,
        log,
      }),
      ...(config.metrics.listen === undefined ? [metricsRoute(scrape)] : []),
      ...clientRoutes({
        ...stages,
        keys: { ...keyDeps(given), accounts: stages.accounts },
        ...clientDeps(given, stages.accounts),
        webPush: vapid && { vapid: vapid.publicKey },
      }),
      ...consoleRoutes({ ...given, testPushes: stages.testPushes }),
      ...consolePageRoutes(config),
      ...own.routes,
    ]),
  })
  return { lastSeen, http, metricsServer }
}

/** To-device messages, the key backup, and what is passed on as it is given. */
const clientDeps = ({ config, media, wordsOf }: Given, accounts: AccountDeps) => ({
  config,
  media,
  wordsOf,
  toDevice: {
    ...accounts,
    maxMessageBytes: config.limits.device_message_bytes,
    maxRequestBytes: FAN_OUT * config.limits.key_body_bytes,
  },
  keyBackup: accounts,
})

type Delivering = Sending & Pick<Reading, 'activity' | 'fetches'> & Omit<AccountHangers, 'rooms'>

async function startDelivering(
  { db, bus, clock, random, log, trace, config, mail, ruleSettings, own }: Given,
  { sending, pushers, notifications, activity, fetches }: Delivering,
): Promise<AsyncDisposable[]> {
  const questions = {
    loadPokedEvents,
    readHeads: (q: Queries, params: HeadParams) => pokeHeads(q, params, config.push.badge),
    readFollowing: (q: Queries, params: FollowingParams) => pokesFollowing(q, params, config.push.badge),
    recipientFacts: (q: Queries, wanted: readonly FactsWanted[]) =>
      recipientFacts(q, wanted, config.push.badge),
    rulesOf: (q: Queries, userId: UserId) => rulesetOf(q, userId, ruleSettings),
    ruleSettings,
    displayNameAt,
    includeContent: sending.includeContent,
  }
  const pokes = await startDelivery({
    ...sending,
    ...questions,
    db,
    bus,
    clock,
    random,
    log,
    trace,
    recentEvents: notifications.recentEvents,
    activeUntil: (of) => activity.activeUntil(of),
    canProve: fetches.canProve,
    removePusher: (tx, pusherId) => removePusher(pushers, tx, pusherId),
    recordOwn: (tx, unwritten) => own.gateway.record(tx, unwritten),
    concurrency: config.push.concurrency,
  })
  const judging = await fetches.start()
  if (mail === undefined) return [pokes, ...judging]
  const { startMailDelivery } = await import('./delivery/email/worker.ts')
  return [
    pokes,
    ...judging,
    await startMailDelivery({ ...mail.delivery, ...questions, db, clock, random, log, trace }),
  ]
}

function startSweeping(
  { db, bus, clock, log, config, media }: Given,
  { pushers, rooms, rules }: { pushers: PusherDeps; rooms: RoomDeps; rules: RuleChangeDeps },
): AsyncDisposable[] {
  return [
    ...startRuleTimers({ ...rules, log }, config.push.handle_retention_days),
    startRemovedSweeper({ db, clock, log }),
    startUnconfirmedSweeper({ ...pushers, log }, config.push.unconfirmed_hours),
    startLeaveSweeper(rooms),
    startUpgradeSweeper(rooms),
    startWordSweeper({ db, clock, log }),
    startSearchIndexer({ db, clock, log }),
    startValidationSweeper({ db, clock, log }),
    startTransactionSweeper({ db, clock, log }),
    ...startMediaSweepers(media),
    startConnectionSweeper({ db, clock, log }),
    ...(config.presence.enabled ? [startPresenceSweeper({ db, bus, clock, log })] : []),
    ...startMailSweepers({ db, clock, log }),
    startTraceSweeper({ db, clock, log }, config.trace),
  ]
}

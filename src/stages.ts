import { administrationRoutes } from './administration/routes.ts'
import { createLoginAttemptLimiter, createTokenMailLimiter } from './accounts/attempt-limits.ts'
import { createAuthSessions } from './accounts/auth-sessions.ts'
import { createAuthenticator } from './accounts/authenticate.ts'
import { copyDeviceRules, type RuleChangeDeps } from './user-rules/change-rules.ts'
import type { AccountDeps } from './accounts/deps.ts'
import type { ValidationDeps } from './accounts/email-validation.ts'
import { copyRoomData } from './accounts/copy-room-data.ts'
import { createLastSeen } from './accounts/last-seen.ts'
import { createPasswords } from './accounts/passwords.ts'
import { copyRoomRules } from './user-rules/copy-room-rules.ts'
import { ruleSettingsOf } from './user-rules/read-rules.ts'
import { type ClientApiDeps, clientRoutes } from './client-api/routes.ts'
import { clusterHealth } from './cluster/cluster-health.ts'
import type { Role } from './config/roles.ts'
import { readSetting } from './config/read-setting.ts'
import type { NamedConfig } from './config/schema.ts'
import { consoleRoutes } from './console-api/routes.ts'
import { consolePageRoutes } from './console/routes.ts'
import type { KeyDeps } from './keys/deps.ts'
import {
  announceRenamed,
  checkDeviceId,
  removeCrossSigningKeys,
  removeKeysOfDevices,
} from './keys/remove-keys.ts'
import { forgetInboxesOf } from './gateway/inbox-store.ts'
import type { NotificationDevice } from './gateway/notification.ts'
import { addressGroup } from './http/address.ts'
import { healthRoutes } from './http/health.ts'
import { createMetricsServer, createScrape, metricsRoute } from './http/metrics.ts'
import { withOpenApi } from './http/openapi-route.ts'
import { createHttpServer } from './http/server.ts'
import { createOccupancy } from './lib/occupancy.ts'
import { VERSION } from './lib/version.ts'
import { createMediaDeps } from './media/create-media-deps.ts'
import { removeMediaOfUser } from './media/remove-media.ts'
import { endBadge, startBadge } from './notifications/badge.ts'
import { notificationDeps, type NotificationDeps } from './notifications/deps.ts'
import { forgetSilenced, usersIgnored } from './notifications/ignoring.ts'
import { rulesChanged } from './notifications/members.ts'
import { ruleMetrics } from './notifications/rule-metrics.ts'
import type { Environment } from './process/environment.ts'
import { pausePushers, resumePushers } from './pushers/pause-pushers.ts'
import {
  removeAllPushers,
  removePusherOfAddress,
  removePushersOfDevices,
  removeRejected,
} from './pushers/remove-pushers.ts'
import { MAX_URL_CHECKS_PER_USER, type PusherDeps } from './pushers/set-pusher.ts'
import type { RoomDeps } from './rooms/deps.ts'
import { leaveAllRooms } from './rooms/leave-all-rooms.ts'
import { updateMemberProfile } from './rooms/member-profile.ts'
import { announceProfile, removeDevicePresence, removePresence } from './rooms/presence/change-presence.ts'
import { deletePrivateReceipts } from './rooms/receipts-store.ts'
import { removeSubscriptions } from './rooms/relations/subscriptions.ts'
import { watchSearchIndex } from './rooms/search/index-events.ts'
import { removeConnections } from './rooms/sync/sliding/connections.ts'
import type { AccountHangers, FromOutside, StageInputs } from './stages/inputs.ts'
import { createReading, type Reading } from './stages/reading.ts'
import { createSending, type OutboundParts } from './stages/sending.ts'
import { startDelivering, startSweeping } from './stages/work.ts'
import type { Database, Transaction } from './storage/database.ts'

export { type ClusterStatus, readClusterStatus } from './stages/cluster-status.ts'

/**
 * A message to all devices of a user is stored once for each: a request can store this many times the size of
 * its body.
 */
const FAN_OUT = 4

export type Stages = ReturnType<typeof createStages>

/** Builds each stage with what it needs, from the end of an event's way to its beginning. */
export function createStages(config: NamedConfig, outside: Environment & FromOutside, db: Database) {
  const ruleSettings = ruleSettingsOf(config)
  const sending = createSending(config, outside)
  const quotas = { ...config.quotas }
  const media = createMediaDeps({ ...outside, db, config, quotas })
  const given: StageInputs = { ...outside, config, db, ruleSettings, quotas, media }
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
    tokenMails: createTokenMailLimiter(config.rate_limits, outside),
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
    ruleSettings,
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

function pusherDeps(
  { db, bus, clock, random, trace, config, mail }: StageInputs,
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

function notificationDepsOf({ clock, bus, log, trace, metrics, config, ruleSettings }: StageInputs) {
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
  { db, bus, clock, random, log, config, quotas }: StageInputs,
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

function ruleChangeDeps({ config, ruleSettings }: StageInputs, accounts: AccountDeps): RuleChangeDeps {
  return {
    ...accounts,
    ...ruleSettings,
    maxRulesPerUser: config.push.max_rules_per_user,
    maxRulesLength: config.push.max_rules_length_per_user,
  }
}

function keyDeps({ db, bus, clock, log, config, quotas }: StageInputs): KeyDeps {
  const sharedRoomsOnly = config.encryption.keys_for_shared_rooms_only
  return { db, bus, clock, log, quotas, sharedRoomsOnly }
}

/** With what hangs on accounts and goes, or changes, with them. */
function accountDeps(
  { db, bus, clock, random, trace, config, quotas, sign, passwordCost }: StageInputs,
  { pushers, rooms, notifications }: AccountHangers,
): AccountDeps {
  return {
    db,
    bus,
    clock,
    random,
    serverName: config.server_name,
    quotas,
    passwords: createPasswords({ cost: passwordCost }),
    authSessions: createAuthSessions({ db, clock, random, sign }),
    loginAttempts: createLoginAttemptLimiter(config.rate_limits, { db, clock, sign }),
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
    onAccountLocked: (tx, userId) => pausePushers({ clock, trace, bus }, tx, userId),
    onAccountUnlocked: (tx, userId) => resumePushers({ clock, trace, bus }, tx, userId),
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

type Front = Omit<ClientApiDeps, keyof ReturnType<typeof clientDeps> | 'keys' | 'webPush'> &
  Pick<OutboundParts, 'webPush'> &
  Pick<Reading, 'fetches'>

/** The servers, and all that is behind their routes. */
function createFront(given: StageInputs, { webPush, ...stages }: Front) {
  const { db, bus, clock, log, metrics, limiter, own, config } = given
  const has = (role: Role) => given.membership.roles.includes(role)
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
        checks: {
          database: () => db.check(),
          ...(!given.membership.isOnly && { heartbeat: () => given.membership.check() }),
        },
        isDraining: given.isDraining,
        details: () => ({
          version: VERSION,
          gateway: own.gateway.health(),
          ...(webPush && { web_push: webPush.health() }),
          arrivals: stages.fetches.health(),
          bus: bus.health(),
          roles: given.membership.roles,
          cluster: clusterHealth(given.membership),
        }),
        clock,
        log,
      }),
      ...(config.metrics.listen === undefined ? [metricsRoute(scrape)] : []),
      ...(has('http') ? userRoutes(given, stages) : []),
      ...(has('gateway') ? own.notifyRoutes : []),
    ]),
  })
  return { lastSeen, http, metricsServer }
}

/** What users and their apps call. */
const userRoutes = (given: StageInputs, stages: Omit<Front, 'webPush'>) => [
  ...clientRoutes({
    ...stages,
    keys: { ...keyDeps(given), accounts: stages.accounts },
    ...clientDeps(given, stages.accounts),
    webPush: given.vapid && { vapid: given.vapid.publicKey },
  }),
  ...administrationRoutes({ ...stages, sharedSecret: sharedSecretOf(given.config) }),
  ...consoleRoutes({ ...given, testPushes: stages.testPushes }),
  ...consolePageRoutes(given.config),
  ...given.own.inboxRoutes,
]

/** @throws ConfigError when its file cannot be read */
function sharedSecretOf({ registration }: NamedConfig): string | undefined {
  const { shared_secret: secret, shared_secret_file: file } = registration
  if (file === undefined) return secret
  return readSetting('registration.shared_secret_file', file).split(/\r?\n/, 1)[0]
}

/** To-device messages, the key backup, and what is passed on as it is given. */
const clientDeps = ({ config, media, wordsOf }: StageInputs, accounts: AccountDeps) => ({
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

import type { RuleChangeDeps } from '../user-rules/change-rules.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import type { KeyBackupDeps } from '../accounts/key-backup/deps.ts'
import type { ToDeviceDeps } from '../accounts/to-device/send.ts'
import type { ValidationDeps } from '../accounts/email-validation.ts'
import type { Config } from '../config/schema.ts'
import type { Requester, Route } from '../http/route.ts'
import type { NotificationDeps } from '../notifications/deps.ts'
import type { PusherDeps } from '../pushers/set-pusher.ts'
import type { TestPushDeps } from '../pushers/send-test-push.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { ROOM_VERSIONS } from '../rooms/room-versions.ts'
import type { CrossSigningDeps } from '../keys/deps.ts'
import type { MediaDeps } from '../media/deps.ts'
import type { EventStreamDeps } from '../rooms/sync/event-stream.ts'
import type { SlidingDeps } from '../rooms/sync/sliding/deps.ts'
import type { SyncDeps } from '../rooms/sync/sync.ts'
import type { Typing } from '../rooms/typing.ts'
import { accountDataRoutes } from './account-data.ts'
import { accountRoutes } from './account.ts'
import { capabilitiesRoutes, type WebPushCapability } from './capabilities.ts'
import { crossSigningRoutes } from './cross-signing.ts'
import { createRoomRoutes } from './create-room.ts'
import { dehydratedDeviceRoutes } from './dehydrated-device.ts'
import { devicesRoutes } from './devices.ts'
import { directoryRoutes } from './directory.ts'
import { eventByTimeRoutes } from './event-by-time.ts'
import { mutualRoomRoutes } from './mutual-rooms.ts'
import { legacyEventRoutes } from './events-legacy.ts'
import type { LoadWords } from '../language/load-words.ts'
import { emailPageRoutes } from './email-pages.ts'
import { filtersRoutes } from './filters.ts'
import { keyBackupRoutes } from './key-backup.ts'
import { keyRoutes } from './keys.ts'
import { loginRoutes } from './login.ts'
import { mediaRoutes } from './media.ts'
import { notificationRoutes } from './notifications.ts'
import { absentFeatureRoutes } from './absent-features.ts'
import { presenceRoutes } from './presence.ts'
import { profileRoutes } from './profile.ts'
import { publicRoomRoutes } from './public-rooms.ts'
import { pushRulesRoutes } from './push-rules.ts'
import { pusherRoutes } from './pushers.ts'
import { receiptRoutes } from './receipts.ts'
import { redactionRoutes } from './redaction.ts'
import { registerRoutes } from './register.ts'
import { reportRoutes } from './reports.ts'
import { relationRoutes } from './relations.ts'
import { retentionRoutes } from './retention.ts'
import { roomEventRoutes } from './room-events.ts'
import { roomMembershipRoutes } from './room-membership.ts'
import { roomSummaryRoutes } from './room-summary.ts'
import { roomUpgradeRoutes } from './room-upgrade.ts'
import { roomSendRoutes } from './room-send.ts'
import { roomStateWriteRoutes } from './room-state-write.ts'
import { searchRoutes } from './search.ts'
import { slidingSyncRoutes } from './sliding-sync.ts'
import { syncRoutes } from './sync.ts'
import { tagRoutes } from './tags.ts'
import { testPushRoutes } from './send-test-push.ts'
import { thirdPartyIdRoutes } from './third-party-ids.ts'
import { toDeviceRoutes } from './to-device.ts'
import { threadSubscriptionRoutes } from './thread-subscriptions.ts'
import { typingRoutes } from './typing.ts'
import { userDirectoryRoutes } from './user-directory.ts'
import { versionsRoutes } from './versions.ts'
import { wellKnownRoutes } from './well-known.ts'

export type ClientApiDeps = {
  config: Pick<
    Config,
    'limits' | 'open_registration' | 'registration' | 'public_url' | 'retention' | 'user_directory'
  >
  accounts: AccountDeps
  toDevice: ToDeviceDeps
  keyBackup: KeyBackupDeps
  validations: ValidationDeps
  keys: CrossSigningDeps
  rules: RuleChangeDeps
  rooms: RoomDeps
  notifications: NotificationDeps
  sync: SyncDeps & EventStreamDeps
  slidingSync: SlidingDeps
  typing: Typing
  media: MediaDeps
  pushers: PusherDeps
  testPushes: TestPushDeps
  wordsOf: LoadWords
  /** undefined: the server has no pushers of kind `webpush`. */
  webPush: WebPushCapability | undefined
}

/** Every endpoint of the client-server API, in the order of the modules of the specification. */
export function clientRoutes(deps: ClientApiDeps): Route[] {
  const { accounts, validations, keys, rules, rooms, notifications, sync, typing } = deps
  const { pushers, testPushes, webPush, config } = deps
  const publicUrl = config.public_url
  const pageBytes = config.limits.page_bytes
  const { db, clock, allowEncryption } = rooms
  const routes = [
    ...wellKnownRoutes({ publicUrl, allowEncryption }),
    ...capabilitiesRoutes({
      webPush,
      roomVersions: { default: rooms.defaultVersion, available: [...ROOM_VERSIONS.keys()] },
      sendsMail: validations.mailToken !== undefined,
    }),
    ...registerRoutes({ ...accounts, ...registrationOf(config) }),
    ...loginRoutes({ ...accounts, publicUrl, allowEncryption }),
    ...accountRoutes(accounts),
    ...thirdPartyIdRoutes(validations),
    ...emailPageRoutes({ ...validations, ...pushers, wordsOf: deps.wordsOf }),
    ...devicesRoutes(accounts),
    ...keyRoutes(keys),
    ...crossSigningRoutes(keys),
    ...dehydratedDeviceRoutes({ ...keys, pageBytes, maxBodyBytes: config.limits.key_body_bytes }),
    ...profileRoutes(accounts),
    ...findingRoutes(deps),
    ...accountDataRoutes({ ...accounts, ...rules }),
    ...tagRoutes(accounts),
    ...filtersRoutes(accounts),
    ...createRoomRoutes(rooms),
    ...roomMembershipRoutes(rooms),
    ...roomUpgradeRoutes(rooms),
    ...directoryRoutes(rooms),
    ...publicRoomRoutes(rooms),
    ...roomSummaryRoutes({ db, pageBytes }),
    ...asActivity(sync, [
      ...roomSendRoutes(rooms),
      ...roomStateWriteRoutes(rooms),
      ...redactionRoutes(rooms),
    ]),
    ...roomEventRoutes({ db, clock, pageBytes, fetches: sync.fetches }),
    ...reportRoutes(rooms),
    ...(rooms.notifications.experimental?.threadSubscriptions === true
      ? threadSubscriptionRoutes(rooms)
      : []),
    ...relationRoutes({ db, clock, pageBytes }),
    ...asActivity(sync, [...receiptRoutes({ ...notifications, db }), ...typingRoutes({ db, typing })]),
    ...syncRoutes(sync),
    ...slidingSyncRoutes(deps.slidingSync),
    ...legacyEventRoutes(sync),
    ...toDeviceRoutes(deps.toDevice, config.limits.key_body_bytes),
    ...keyBackupRoutes(deps.keyBackup, config.limits.key_body_bytes),
    ...pushRulesRoutes(rules),
    ...pusherRoutes({ ...pushers, fetches: sync.fetches, webPush: webPush !== undefined }),
    ...testPushRoutes(testPushes),
    ...notificationRoutes({ db, clock, pageBytes }),
    ...mediaRoutes(deps.media),
    ...absentFeatureRoutes(),
  ]
  const encryptedEvents = rules.experimental?.encryptedEvents === true
  return [...versionsRoutes(routes, { webPush: webPush !== undefined, encryptedEvents }), ...routes]
}

const registrationOf = (config: ClientApiDeps['config']) => ({
  openRegistration: config.open_registration,
  requiresToken: config.registration.requires_token,
})

/** Routes whose requests are activity of the user (client-server API, "Presence"). */
function asActivity({ devicePresence }: SyncDeps, routes: readonly Route[]): readonly Route[] {
  if (devicePresence === undefined) return routes
  return routes.map((route) => {
    const handler = async (context: { requester: Requester }) => {
      const response = await route.handler(context as never)
      devicePresence.active(context.requester)
      return response
    }
    return { ...route, handler }
  })
}

/** Users, rooms and events by what is known of them, presence, and how long messages are kept. */
function findingRoutes({ config, accounts, sync, rooms: { db, bus, clock } }: ClientApiDeps): Route[] {
  const isOfAll = config.user_directory.all_users
  return [
    ...userDirectoryRoutes({ db, serverName: accounts.serverName, isOfAll }),
    ...presenceRoutes({ db, bus, clock, isEnabled: sync.devicePresence !== undefined }),
    ...mutualRoomRoutes({ db }),
    ...eventByTimeRoutes({ db }),
    ...retentionRoutes({ db, settings: config.retention }),
    ...searchRoutes({ db, clock, pageBytes: config.limits.page_bytes }),
  ]
}

import type { DeviceId, EventId, RoomAlias, RoomId, UserId } from '../lib/ids.ts'
import type { ArrivalProgressTable, ArrivalSharesTable, ArrivalsTable } from './arrivals-schema.ts'
import type { Filled, Flag } from './columns.ts'
import type {
  BackedUpKeysTable,
  DehydratedDevicesTable,
  DeviceMessagesTable,
  DeviceMessageTxnsTable,
  KeyBackupNumbersTable,
  KeyBackupsTable,
} from './encryption-schema.ts'
import type {
  GatewayClaimsTable,
  GatewayRejectionsTable,
  GatewaySeenTable,
  InboxTable,
  OpenedInboxesTable,
} from './gateway-schema.ts'
import type {
  CrossSigningKeysTable,
  DeviceKeysTable,
  DeviceListChangesTable,
  FallbackKeysTable,
  KeySignaturesTable,
  OneTimeKeysTable,
} from './keys-schema.ts'
import type { AttemptsTable, UsedAuthSessionsTable } from './attempts-schema.ts'
import type { PresenceDevicesTable, PresenceTable } from './presence-schema.ts'
import type { LeaderTable, ProcessesTable } from './processes-schema.ts'
import type { ProfileFieldsTable, ReportsTable } from './profile-schema.ts'
import type {
  DefaultRuleChangesTable,
  DeviceRuleSetsTable,
  PushRulesTable,
  RuleSetsTable,
} from './rules-schema.ts'
import type {
  MediaBlockedTable,
  MediaContentsTable,
  MediaLeftoversTable,
  MediaTable,
  MediaThumbnailsTable,
  MediaUsageTable,
} from './media-schema.ts'
import type { RegistrationTokensTable } from './registration-schema.ts'
import type { RelationsTable, ThreadParticipantsTable, ThreadSubscriptionsTable } from './relations-schema.ts'
import type { RoomRetentionTable } from './retention-schema.ts'
import type { RoomUpgradesTable } from './room-upgrades-schema.ts'
import type { LaneItemsTable, LanesTable } from './sending-schema.ts'
import type { SlidingConnectionsTable } from './sliding-schema.ts'
import type { SearchEntriesTable, SearchIndexTable, SearchProgressTable } from './search-schema.ts'
import type { UserWordsTable } from './user-directory-schema.ts'
import type {
  BadgeRoomsTable,
  CohortMembersTable,
  CohortOutcomesTable,
  CohortThreadsTable,
  ExceptionsTable,
  ReadPositionsTable,
  SilencedOutcomesTable,
} from './unread-schema.ts'

// One type for each table, in the order in which an event reaches them. Times are milliseconds since the Unix epoch; booleans
// are 0 or 1; JSON is text. A position is a place in the one stream of the server. Everything that /sync returns has a
// position. Positions only grow. The migrations in migrations/ create the tables and indexes.

/** The timeline of PostgreSQL that the last process has seen. */
export type StreamTimelineTable = { id: number; timeline: number }

export type StreamTable = { id: Filled<number>; position: number }

/** The name of the server that owns the data: one row. The database of a gateway that runs alone has no row. */
export type ServerTable = { id: Filled<number>; name: string; created_at: number }

export type UsersTable = {
  user_id: UserId
  /** argon2id in PHC form; null: login with a password is not possible. */
  password_hash: string | null
  displayname: string | null
  avatar_url: string | null
  is_admin: Flag
  created_at: number
  deactivated_at: number | null
  /** From the account data `m.invite_permission_config`. */
  blocks_invitations: Filled<Flag>
  /** Whether `user_words` has the words of the user. 0: written by an earlier version. */
  is_listed: Filled<Flag>
  /** Since when the account cannot be used (client-server API, "Account locking"). */
  locked_at: Filled<number | null>
  /** Since when its user may only read and leave rooms ("Account suspension"). */
  suspended_at: Filled<number | null>
}

export type DevicesTable = {
  user_id: UserId
  device_id: DeviceId
  display_name: string | null
  last_seen_ip: string | null
  last_seen_ts: number | null
  created_at: number
}

/** Access tokens, stored as SHA-256 only. */
export type AccessTokensTable = {
  token_hash: string
  user_id: UserId
  device_id: DeviceId
  created_at: number
}

/**
 * Third-party identifiers of users. `medium` is 'email', and the address has its canonical form (`lib/mail/address.ts`). An
 * address has one owner.
 */
export type ThreepidsTable = {
  medium: 'email'
  address: string
  user_id: UserId
  validated_at: number
  added_at: number
}

/** Addresses in validation, or validated and not added yet. Secrets and tokens are stored as SHA-256 only. */
export type ThreepidValidationsTable = {
  sid: string
  medium: 'email'
  address: string
  /** The hash of the `client_secret`. */
  secret_hash: string
  /** The last `send_attempt` that led to a mail. */
  send_attempt: number
  /** The hash of the token in that mail. */
  token_hash: string
  sent_at: number
  validated_at: number | null
  /** The number of requests with a wrong secret. */
  failures: Filled<number>
}

/** Account data. `room_id` is '' for global account data. */
export type AccountDataTable = {
  user_id: UserId
  room_id: RoomId | ''
  type: string
  content: string
  position: number
}

export type FiltersTable = { user_id: UserId; filter_id: string; definition: string }

export type RoomsTable = {
  room_id: RoomId
  version: string
  creator: UserId
  created_at: number
  /** The number of joined members; written in the transaction of the member event. */
  joined_count: number
  invited_count: number
  /**
   * The position of the last change of the members, their names or their own push rules. Cached rules of the members with
   * an earlier version are invalid.
   */
  rules_version: Filled<number>
  /** The position of the last change of a membership, a display name or an avatar. */
  members_version: Filled<number>
  /** The number of current state events and the bytes of their contents, without members. For the quotas. */
  state_events: Filled<number>
  state_bytes: Filled<number>
  /** Whether the room is in the public room list. */
  is_public: Filled<Flag>
  // The summary: from the current state, in the transaction of the state event. null: the state has none, or an empty text.
  name: Filled<string | null>
  canonical_alias: Filled<string | null>
  avatar_url: Filled<string | null>
  /** The type in the create event. */
  room_type: Filled<string | null>
  /** Whether the state has `m.room.encryption`. A redaction of that event changes nothing. */
  is_encrypted: Filled<Flag>
  join_rule: Filled<string | null>
  history_visibility: Filled<string | null>
  /** null: the room is open. */
  removal: Filled<RoomRemoval | null>
}

/** The state of a room that an administrator has closed (`rooms/removal/remove-room.ts`). */
export type RoomRemoval = 'shutting down' | 'shut down' | 'purging'

export type RoomAliasesTable = { alias: RoomAlias; room_id: RoomId; created_by: UserId; created_at: number }

export type EventsTable = {
  position: number
  event_id: EventId
  room_id: RoomId
  type: string
  /** null for an event that is not a state event. */
  state_key: string | null
  sender: UserId
  origin_server_ts: number
  /** After a redaction, only the keys that the room version keeps. */
  content: string
  /** 'main', or the event id of the thread root (client-server API, "Threading"). */
  thread_id: string
  /** The previous event with the same type and state key. */
  replaces_event_id: EventId | null
  /** For a redaction: the event that it redacts. */
  redacts: EventId | null
  /** The redaction that removed the content of this event. */
  redacted_by: EventId | null
  sender_device: DeviceId | null
  /** Unique with sender, sender_device, room_id and type: makes a repeated send idempotent. */
  txn_id: string | null
  /** Joined members directly after the event; null for an event of a version that did not store it. */
  joined_count: Filled<number | null>
  /**
   * The position of the last event of the room, up to this one, whose type moves the room up in room lists (`rooms/room-summary.ts`). null: not
   * stored by an earlier version.
   */
  bump_position: Filled<number | null>
}

/** Valid edits of messages (`m.replace`) that are not redacted. The edit with the highest position applies. In an encrypted edit, only devices see the new content. */
export type EditsTable = {
  /** The position of the message. */
  position: number
  edit_position: number
}

export type CurrentStateTable = {
  room_id: RoomId
  type: string
  state_key: string
  event_id: EventId
  position: number
}

export type Membership = 'invite' | 'join' | 'leave' | 'ban' | 'knock'

export type MembershipsTable = {
  room_id: RoomId
  user_id: UserId
  membership: Membership
  event_id: EventId
  position: number
  displayname: string | null
  avatar_url: string | null
  /** The keys under which a mention of the display name, and of the localpart, is looked up (`push-rules/mention-index.ts`). */
  name_key: string
  localpart_key: string
  /** Whether the user has a pusher. The cost of a message grows with the members that have 1 here, not with the size of the room. */
  has_pushers: Flag
  forgotten: Flag
  /** Whether the user has push rules of their own (global or device rules), or has changed a default rule. */
  has_rules: Filled<Flag>
  /** The position at which the user last began or ended to be joined: then they share the room, or no longer share it. 0: never. */
  sharing_position: Filled<number>
}

export type ReceiptsTable = {
  room_id: RoomId
  user_id: UserId
  receipt_type: 'm.read' | 'm.read.private'
  /** '' for a receipt without a thread, else 'main' or the event id of the thread root. */
  thread_id: string
  event_id: EventId
  event_position: number
  ts: number
  position: number
}

/** The users whom a user ignores, from the `m.ignored_user_list` of that user. */
export type IgnoredUsersTable = { user_id: UserId; ignored: string }

/** Pushers as clients set them. The state of sending is in `lanes`, under the same id. */
export type PushersTable = {
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey: string
  kind: string
  /** `instance_handle`, or its later name `profile_tag`. */
  handle: string | null
  /** 1: set under the name `instance_handle`, so the uniqueness rule of that name applies. */
  handle_is_instance: Flag
  app_display_name: string
  device_display_name: string
  lang: string
  /** JSON object, as the client set it. */
  data: string
  /** The URL of pokes, from `data`, in its parsed form. */
  url: string | null
  device_id: DeviceId | null
  /** 0: nothing is sent, and nothing waits. */
  enabled: Filled<Flag>
  /** 1: it was enabled when the account of its user was locked; it is enabled again when the account is unlocked. */
  is_paused: Filled<Flag>
  /** 1: pokes to it have no counts. */
  disable_badge_count: Filled<Flag>
  /** How long a poke is held while its user is active on another device, in milliseconds; 0: it is not held. */
  hold_ms: Filled<number>
  /** Kind `webpush`: 1 after its app has confirmed it; before that, only the activation token is sent to it. Other kinds: 1. */
  activated: Filled<Flag>
  /** The token for the activation, and its expiry. */
  ack_token: string | null
  ack_expires_at: number | null
  /** The older name of `kind` with which the client set it. */
  kind_alias: string | null
  created_at: number
  /** `pushkey_ts` in the pokes. */
  set_at: number
  /** E-mail pushers: the token in the unsubscribe link of their mails. */
  unsubscribe_token: Filled<string | null>
}

/** The throttle of an e-mail pusher for a room: how long the next mail about the room waits (`delivery/email/schedule.ts`). */
export type MailThrottlesTable = {
  pusher_id: number
  room_id: RoomId
  told_at: number
  wait_ms: number
  /** The time of the newest event in a mail. */
  last_event_at: number
}

/** Removed pushers, so that their owner can see the time and the reason. Kept for 30 days. */
export type RemovedPushersTable = {
  removed_id: Filled<number>
  user_id: UserId
  app_id: string
  pushkey: string
  kind: string
  app_display_name: string
  device_display_name: string
  device_id: DeviceId | null
  handle: string | null
  /** `RemovalReason` of pushers/. */
  reason: string
  removed_at: number
  // The state of delivery at the removal.
  last_success_at: number | null
  failing_since: number | null
  last_error: string | null
}

/** Keys of the server itself: private keys as PEM, by purpose. */
export type ServerKeysTable = { name: string; secret: string; created_at: number }

/** The results of one event for some of its pushers, recorded at one moment. */
export type TraceStepsTable = {
  entry_id: Filled<number>
  position: number
  at: number
  /** JSON list in the form of `trace/steps-store.ts`. The pushers may be removed since. */
  steps: string
  /** For the one last step of an event that was not sent to this pusher (`isEnd` in `trace/device-state.ts`). */
  pusher_id: Filled<number | null>
}

/** The reasons why an event did not notify some cohorts. The outcomes that notify are in `cohort_outcomes` and `exceptions`. */
export type TraceDecisionsTable = {
  position: number
  at: number
  /** JSON list of `NotNotifiedDecision` (trace/). */
  decisions: string
}

/** Pushers that were disabled, enabled or removed, with the time. */
export type TracePushersTable = {
  entry_id: Filled<number>
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey_hash: string
  app_display_name: string
  device_display_name: string
  created_at: number
  at: number
  /** 'on', 'off' or 'removed'. */
  change: string
  /** For a removal: `RemovalReason` of pushers/. */
  reason: string | null
}

/** What the gateway did with a notification for a device, from any home server. */
export type TraceGatewayTable = {
  entry_id: Filled<number>
  event_id: string
  app_id: string
  pushkey_hash: string
  at: number
  attempt: number
  outcome: string
  reason: string | null
  status: number | null
  /** The provider's id of the message. */
  provider_id: string | null
  ms: number | null
}

export type SchemaMigrationsTable = { id: number; name: string; applied_at: number }

export type Schema = {
  stream: StreamTable
  server: ServerTable
  users: UsersTable
  user_words: UserWordsTable
  profile_fields: ProfileFieldsTable
  devices: DevicesTable
  access_tokens: AccessTokensTable
  threepids: ThreepidsTable
  threepid_validations: ThreepidValidationsTable
  account_data: AccountDataTable
  device_messages: DeviceMessagesTable
  device_message_txns: DeviceMessageTxnsTable
  sliding_connections: SlidingConnectionsTable
  used_auth_sessions: UsedAuthSessionsTable
  registration_tokens: RegistrationTokensTable
  attempts: AttemptsTable
  presence: PresenceTable
  presence_devices: PresenceDevicesTable
  key_backup_numbers: KeyBackupNumbersTable
  key_backups: KeyBackupsTable
  backed_up_keys: BackedUpKeysTable
  filters: FiltersTable
  rooms: RoomsTable
  room_aliases: RoomAliasesTable
  reports: ReportsTable
  events: EventsTable
  edits: EditsTable
  relations: RelationsTable
  thread_participants: ThreadParticipantsTable
  thread_subscriptions: ThreadSubscriptionsTable
  search_index: SearchIndexTable
  search_entries: SearchEntriesTable
  search_progress: SearchProgressTable
  stream_timeline: StreamTimelineTable
  room_upgrades: RoomUpgradesTable
  room_retention: RoomRetentionTable
  current_state: CurrentStateTable
  memberships: MembershipsTable
  device_keys: DeviceKeysTable
  one_time_keys: OneTimeKeysTable
  fallback_keys: FallbackKeysTable
  cross_signing_keys: CrossSigningKeysTable
  key_signatures: KeySignaturesTable
  device_list_changes: DeviceListChangesTable
  receipts: ReceiptsTable
  read_positions: ReadPositionsTable
  cohort_outcomes: CohortOutcomesTable
  cohort_threads: CohortThreadsTable
  exceptions: ExceptionsTable
  silenced_outcomes: SilencedOutcomesTable
  cohort_members: CohortMembersTable
  push_rules: PushRulesTable
  default_rule_changes: DefaultRuleChangesTable
  rule_sets: RuleSetsTable
  device_rule_sets: DeviceRuleSetsTable
  ignored_users: IgnoredUsersTable
  dehydrated_devices: DehydratedDevicesTable
  badge_rooms: BadgeRoomsTable
  pushers: PushersTable
  removed_pushers: RemovedPushersTable
  lanes: LanesTable
  lane_items: LaneItemsTable
  server_keys: ServerKeysTable
  mail_throttles: MailThrottlesTable
  inbox: InboxTable
  opened_inboxes: OpenedInboxesTable
  gateway_seen: GatewaySeenTable
  gateway_claims: GatewayClaimsTable
  gateway_rejections: GatewayRejectionsTable
  trace_steps: TraceStepsTable
  trace_decisions: TraceDecisionsTable
  trace_pushers: TracePushersTable
  trace_gateway: TraceGatewayTable
  arrivals: ArrivalsTable
  arrival_progress: ArrivalProgressTable
  arrival_shares: ArrivalSharesTable
  media: MediaTable
  media_usage: MediaUsageTable
  media_contents: MediaContentsTable
  media_blocked: MediaBlockedTable
  media_thumbnails: MediaThumbnailsTable
  media_leftovers: MediaLeftoversTable
  schema_migrations: SchemaMigrationsTable
  processes: ProcessesTable
  leader: LeaderTable
}

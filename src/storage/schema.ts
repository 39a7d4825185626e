import type { DeviceId, EventId, RoomAlias, RoomId, UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'
import type {
  GatewayRejectionsTable,
  GatewaySeenTable,
  InboxTable,
  OpenedInboxesTable,
} from './gateway-schema.ts'
import type { LaneItemsTable, LanesTable } from './sending-schema.ts'

// One type for each table, in the order of the way of an event. Times are milliseconds since the Unix epoch; booleans
// are 0 or 1; JSON is text. A position is a place in the one stream of the server: everything that /sync can tell of
// has one, and they only grow. The tables and their indexes are made in migrations/.

/** The kinds of push rules (`push-rules/`). */
type RuleKind = 'override' | 'content' | 'room' | 'sender' | 'underride'

export type StreamTable = { id: Filled<number>; position: number }

/** The server that the data belongs to: one row. The database of a gateway that runs alone has none. */
export type ServerTable = { id: Filled<number>; name: string; created_at: number }

export type UsersTable = {
  user_id: UserId
  /** argon2id in PHC form; null: nobody can log in with a password. */
  password_hash: string | null
  displayname: string | null
  avatar_url: string | null
  is_admin: Flag
  created_at: number
  deactivated_at: number | null
}

export type DevicesTable = {
  user_id: UserId
  device_id: DeviceId
  display_name: string | null
  last_seen_ip: string | null
  last_seen_ts: number | null
  created_at: number
}

/** Access tokens are kept as SHA-256 only. */
export type AccessTokensTable = {
  token_hash: string
  user_id: UserId
  device_id: DeviceId
  created_at: number
}

/**
 * Third-party identifiers of users; `medium` is 'email', and the address is in its canonical form (`lib/mail/address.ts`). An
 * address has one owner.
 */
export type ThreepidsTable = {
  medium: 'email'
  address: string
  user_id: UserId
  validated_at: number
  added_at: number
}

/** Addresses that are being validated, or were and are not added yet. Secrets and tokens are kept as SHA-256 only. */
export type ThreepidValidationsTable = {
  sid: string
  medium: 'email'
  address: string
  /** Of the `client_secret`. */
  secret_hash: string
  /** The last that a mail was sent for. */
  send_attempt: number
  /** Of the token in that mail. */
  token_hash: string
  sent_at: number
  validated_at: number | null
  /** How often it was asked for with a wrong secret. */
  failures: Filled<number>
}

/** Account data; `room_id` is '' for what belongs to the whole account. */
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
  /** Members who have joined; written in the transaction of the member event. */
  joined_count: number
  invited_count: number
  /**
   * The position of the last change of who, with which push rules of their own, is a member under which name: what was
   * learnt of the members' rules before it no longer holds.
   */
  rules_version: Filled<number>
  /** Pieces of current state, and bytes of their contents, without members: for the quotas. */
  state_events: Filled<number>
  state_bytes: Filled<number>
}

export type RoomAliasesTable = { alias: RoomAlias; room_id: RoomId; created_by: UserId; created_at: number }

export type EventsTable = {
  position: number
  event_id: EventId
  room_id: RoomId
  type: string
  /** null: not a state event. */
  state_key: string | null
  sender: UserId
  origin_server_ts: number
  /** After a redaction only what the room version lets stay. */
  content: string
  /** 'main', or the event id of the thread's root (client-server API, "Threading"). */
  thread_id: string
  /** The event of the same type and state key that this one took the place of. */
  replaces_event_id: EventId | null
  /** Of a redaction: the event that it redacts. */
  redacts: EventId | null
  /** The redaction that took this event's content away. */
  redacted_by: EventId | null
  sender_device: DeviceId | null
  /** With sender, sender_device, room_id and type: makes sending again harmless. */
  txn_id: string | null
  /** Joined members right after the event; null: written by a version that did not note it. */
  joined_count: Filled<number | null>
}

/** Valid edits of messages (`m.replace`) that were not redacted. The one with the highest position holds. */
export type EditsTable = {
  /** Of the message. */
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
  /** Where a mention of the display name, and of the localpart, would be looked up (`push-rules/mention-index.ts`). */
  name_key: string
  localpart_key: string
  /** Whether the user has a pusher: what a message costs follows the members with 1 here, not the size of the room. */
  has_pushers: Flag
  forgotten: Flag
  /** Whether the user has push rules of their own, in the global scope or a device's, or changed a default one. */
  has_rules: Filled<Flag>
}

export type ReceiptsTable = {
  room_id: RoomId
  user_id: UserId
  receipt_type: 'm.read' | 'm.read.private'
  /** '' for a receipt without a thread, else 'main' or the thread's root. */
  thread_id: string
  event_id: EventId
  event_position: number
  ts: number
  position: number
}

/**
 * Where a joined member has read up to: by receipt, own message or joining. `thread_id` as in receipts; '' covers all
 * threads, and every joined member has that row. `joined_at` is the join that began their stay.
 */
export type ReadPositionsTable = {
  user_id: UserId
  room_id: RoomId
  thread_id: string
  position: number
  joined_at: number
}

/**
 * What one event means to the members of a cohort who are not personally concerned. Only events that notify have a
 * row. The totals run up to and include this event, so what is unread between two positions is one subtraction.
 */
export type CohortOutcomesTable = {
  room_id: RoomId
  cohort: string
  position: number
  thread_id: string
  highlight: Flag
  /** JSON list of actions, as the rule has them. */
  actions: string
  rule_kind: string
  rule_id: string
  total_notify: number
  total_highlight: number
  thread_notify: number
  thread_highlight: number
  /** 1: the event was redacted; the totals above still hold it, so it is subtracted when they are compared. */
  retracted: Flag
}

/** The threads of a cohort ('main' aside) by their last event that notifies: finds those with something new. */
export type CohortThreadsTable = { room_id: RoomId; cohort: string; thread_id: string; last_position: number }

/** A member whose outcome for an event differs from the cohort's, or an invited user. */
export type ExceptionsTable = {
  user_id: UserId
  room_id: RoomId
  position: number
  thread_id: string
  notify: Flag
  highlight: Flag
  /** What the cohort counted for this event, to be taken off again for this member. */
  cohort_notify: Flag
  cohort_highlight: Flag
  actions: string
  rule_kind: string | null
  rule_id: string | null
}

/**
 * Which cohort a member belongs to for the events after `from_position`, until their next row. Without a row before an
 * event: the one of the default rules.
 */
export type CohortMembersTable = { user_id: UserId; room_id: RoomId; from_position: number; cohort: string }

/** A push rule that a user made. */
export type PushRulesTable = {
  user_id: UserId
  /** '' for the global scope, else the handle of a device's (`pushers.handle`), which is never empty. */
  scope: string
  kind: RuleKind
  rule_id: string
  /** Orders the rules of one user, scope and kind: the smaller, the more important. */
  place: number
  /** JSON list; null for kinds that have no conditions. */
  conditions: string | null
  pattern: string | null
  /** JSON list. */
  actions: string
  enabled: Flag
}

/** What a user changed about one of the server's default rules; null: as the default has it. */
export type DefaultRuleChangesTable = {
  user_id: UserId
  kind: RuleKind
  rule_id: string
  enabled: Flag | null
  actions: string | null
}

/** The rules of a user as a whole. Without a row: the defaults, never changed. */
export type RuleSetsTable = {
  user_id: UserId
  /** The position of the last change. */
  version: number
  /** Rules of their own in the global scope, or changed defaults. */
  has_global: Flag
  has_device: Flag
}

/** Handles that have rules. `unheld_since`: when the last pusher that held it went; null while one does. */
export type DeviceRuleSetsTable = { user_id: UserId; handle: string; unheld_since: number | null }

/** Whom a user ignores, by their `m.ignored_user_list`. */
export type IgnoredUsersTable = { user_id: UserId; ignored: string }

/** Rooms with something unread (invitations among them) of users with pushers: their number is the badge. */
export type BadgeRoomsTable = { user_id: UserId; room_id: RoomId }

/** What clients have set. How sending goes is in `lanes`, under the same id. */
export type PushersTable = {
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey: string
  kind: string
  /** `instance_handle`, or its later name `profile_tag`. */
  handle: string | null
  /** 1: it was set under the name `instance_handle`, whose rule of uniqueness it then keeps. */
  handle_is_instance: Flag
  app_display_name: string
  device_display_name: string
  lang: string
  /** JSON object, as the client set it. */
  data: string
  /** Where pokes go; from `data`, in its parsed form. */
  url: string | null
  device_id: DeviceId | null
  /** 0: nothing is sent, and nothing waits. */
  enabled: Filled<Flag>
  /** 1: it is told no count. */
  disable_badge_count: Filled<Flag>
  /** How long a poke is held while its user is active on another device, in milliseconds; 0: not at all. */
  hold_ms: Filled<number>
  /** Of kind `webpush`: 1 once its app has confirmed it. Until then it is sent that token alone. Of other kinds: 1. */
  activated: Filled<Flag>
  /** By which it is, or was, confirmed, and until when it can be. */
  ack_token: string | null
  ack_expires_at: number | null
  /** The older name of `kind` by which it was set. */
  kind_alias: string | null
  created_at: number
  /** `pushkey_ts` of the pokes. */
  set_at: number
  /** Of an e-mail pusher: in the link of its mails that ends it. */
  unsubscribe_token: Filled<string | null>
}

/** Rooms that an e-mail pusher has told of: how long the next mail about them is put off (`delivery/email/schedule.ts`). */
export type MailThrottlesTable = {
  pusher_id: number
  room_id: RoomId
  told_at: number
  wait_ms: number
  /** When the newest event came that was told of. */
  last_event_at: number
}

/** Pushers that are no more, so that their owner can see when and why. Kept for 30 days. */
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
  // How delivery went in the end.
  last_success_at: number | null
  failing_since: number | null
  last_error: string | null
}

/** Keys that stand for the server itself: private keys as PEM, by what they are for. */
export type ServerKeysTable = { name: string; secret: string; created_at: number }

/** What became of one event for some of its pushers, as it was recorded at one moment. */
export type TraceStepsTable = {
  entry_id: Filled<number>
  position: number
  at: number
  /** JSON list of what `trace/steps-store.ts` says. The pushers may be gone. */
  steps: string
}

/** Why an event notified nobody of some cohorts. What did notify is in `cohort_outcomes` and `exceptions`. */
export type TraceDecisionsTable = {
  position: number
  at: number
  /** JSON list of `QuietDecision` (trace/). */
  decisions: string
}

/** Pushers that were switched off or on, or that are gone: who they were, and since when. */
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
  /** Of a removal: `RemovalReason` of pushers/. */
  reason: string | null
}

/** What the gateway did with a notification for a device, whichever home server sent it. */
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
  devices: DevicesTable
  access_tokens: AccessTokensTable
  threepids: ThreepidsTable
  threepid_validations: ThreepidValidationsTable
  account_data: AccountDataTable
  filters: FiltersTable
  rooms: RoomsTable
  room_aliases: RoomAliasesTable
  events: EventsTable
  edits: EditsTable
  current_state: CurrentStateTable
  memberships: MembershipsTable
  receipts: ReceiptsTable
  read_positions: ReadPositionsTable
  cohort_outcomes: CohortOutcomesTable
  cohort_threads: CohortThreadsTable
  exceptions: ExceptionsTable
  cohort_members: CohortMembersTable
  push_rules: PushRulesTable
  default_rule_changes: DefaultRuleChangesTable
  rule_sets: RuleSetsTable
  device_rule_sets: DeviceRuleSetsTable
  ignored_users: IgnoredUsersTable
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
  gateway_rejections: GatewayRejectionsTable
  trace_steps: TraceStepsTable
  trace_decisions: TraceDecisionsTable
  trace_pushers: TracePushersTable
  trace_gateway: TraceGatewayTable
  schema_migrations: SchemaMigrationsTable
}

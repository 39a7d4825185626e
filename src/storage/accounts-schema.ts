import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'

// The tables of accounts and what they keep.

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
 * Third-party identifiers of users. `medium` is 'email', and the address has its canonical form
 * (`lib/mail/address.ts`). An address has one owner.
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

/** The users that a user ignores, from the `m.ignored_user_list` of that user. */
export type IgnoredUsersTable = { user_id: UserId; ignored: string }

export type AccountsSchema = {
  users: UsersTable
  devices: DevicesTable
  access_tokens: AccessTokensTable
  threepids: ThreepidsTable
  threepid_validations: ThreepidValidationsTable
  account_data: AccountDataTable
  filters: FiltersTable
  ignored_users: IgnoredUsersTable
}

import type { Bus } from '../cluster/bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { DeviceId, Random, UserId } from '../lib/ids.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { RulesChange } from '../user-rules/change-rules.ts'
import type { AuthSessions } from './auth-sessions.ts'
import type { Passwords } from './passwords.ts'

export type AccountDeps = {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  /** The domain of this server's user ids. */
  readonly serverName: string
  readonly quotas: Quotas
  readonly passwords: Passwords
  readonly authSessions: AuthSessions
  readonly loginAttempts: AttemptLimiter
  /** The group that an address belongs to: an IPv6 host usually has a whole /64. */
  readonly addressGroup: (address: string) => string
  /** Removes the pushers and the encryption keys of devices, in the same transaction. */
  onDevicesRemoved(tx: Transaction, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void>
  /** Removes the pusher that mails to an address which the user no longer has, in the same transaction. */
  onAddressRemoved(tx: Transaction, userId: UserId, address: string): Promise<void>
  /** Announces, in the same transaction, the new name of a device to the users who see its keys. */
  onDeviceRenamed(tx: Transaction, userId: UserId, deviceId: DeviceId): Promise<void>
  /** Throws 403 when a new device cannot have this id. */
  checkDeviceId(tx: Transaction, userId: UserId, deviceId: DeviceId): Promise<void>
  /** Removes all pushers and cross-signing keys of an account that closes, in the same transaction. */
  onAccountClosed(tx: Transaction, userId: UserId): Promise<void>
  /** Disables, in the same transaction, all pushers of an account that is locked. */
  onAccountLocked(tx: Transaction, userId: UserId): Promise<void>
  /** Enables these pushers again. */
  onAccountUnlocked(tx: Transaction, userId: UserId): Promise<void>
  /** Removes, in the same transaction, what an account that is erased has uploaded. */
  onAccountErased(tx: Transaction, userId: UserId): Promise<void>
  /** Called after a display name or an avatar has changed: updates the member events in the user's rooms. */
  onProfileChanged(userId: UserId): Promise<void>
  /** Called after an account was closed: leaves its rooms. */
  onDeactivated(userId: UserId): Promise<void>
  /** Records, in the same transaction, that a user's push rules change at this position. */
  onRulesChanged(tx: Transaction, change: RulesChange): Promise<void>
  /**
   * Removes, in the same transaction, a user's unread notifications from users that they have begun to
   * ignore, and restores others.
   */
  onUsersIgnored(tx: Transaction, change: IgnoringChange): Promise<void>
}

/** `ignored`: the users that were not ignored before. `blocksInvitations`: the user starts to block invitations. */
export type IgnoringChange = {
  userId: UserId
  ignored: readonly UserId[]
  blocksInvitations?: boolean
}

/** The source of a password attempt. */
export type AttemptSource = {
  /** A group of addresses, or a signed-in device. */
  key: string
  /** Whether the account has been used from this source. Called only after many failures from other sources. */
  isKnown: () => Promise<boolean>
}

/**
 * Limits password guessing. Each attempt is counted before the check, so that parallel attempts cannot exceed the
 * limit.
 */
export interface AttemptLimiter {
  /**
   * Resolves when the attempt may be made, to a function that takes the count back: a correct attempt is not counted.
   * @throws MatrixError 429 when the attempts of this source, or of all sources, are used up
   */
  attempt(account: UserId, source: AttemptSource): Promise<() => Promise<void>>
}

/** Limits the mails that others can request to a mailbox. */
export interface TokenMailLimiter {
  /** @throws MatrixError 429 when there were too many, from this address or in sum */
  take(tx: Transaction, recipient: string, asker: string): Promise<void>
}

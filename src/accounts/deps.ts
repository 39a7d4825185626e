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
  /** What an address counts as: an IPv6 host usually owns its whole /64. */
  readonly addressGroup: (address: string) => string
  /** Takes away, in the same transaction, what hangs on devices: their pushers. */
  onDevicesRemoved(tx: Transaction, userId: UserId, deviceIds: readonly DeviceId[]): Promise<void>
  /** Takes away, in the same transaction, what hangs on an address that is the user's no more: the pusher that mails there. */
  onAddressRemoved(tx: Transaction, userId: UserId, address: string): Promise<void>
  /** Takes away, in the same transaction, what hangs on an account that ends: all its pushers. */
  onAccountClosed(tx: Transaction, userId: UserId): Promise<void>
  /** Called after a display name or an avatar has changed: writes it into the member events of the user's rooms. */
  onProfileChanged(userId: UserId): Promise<void>
  /** Called after an account was ended: leaves its rooms. */
  onDeactivated(userId: UserId): Promise<void>
  /** Takes note, in the same transaction, that other push rules hold for a user from this position on. */
  onRulesChanged(tx: Transaction, change: RulesChange): Promise<void>
  /** Takes back, in the same transaction, what a user has unread of people whom they have begun to ignore. */
  onUsersIgnored(tx: Transaction, change: IgnoringChange): Promise<void>
}

/** `ignored`: those who were not ignored before. */
export type IgnoringChange = { userId: UserId; ignored: readonly UserId[] }

/** Where an attempt at a password comes from. */
export type AttemptSource = {
  /** A group of addresses, or a device that is signed in. */
  key: string
  /** Whether the account has been used from there; asked only when there were many failures from elsewhere. */
  isKnown: () => Promise<boolean>
}

/** Guards accounts against guessing: each attempt counts beforehand, so that many at once cannot slip through. */
export interface AttemptLimiter {
  /**
   * Resolves when the attempt may be made, to a function that takes it back: a good attempt does not count.
   * @throws MatrixError 429 when the attempts of this source, or of all, are used up
   */
  attempt(account: UserId, source: AttemptSource): Promise<() => void>
}

/** Guards a mailbox against mails that others ask for. */
export interface TokenMailLimiter {
  /** @throws MatrixError 429 when there were too many, from this address or in sum */
  take(recipient: string, asker: string): void
}

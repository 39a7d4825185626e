import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { DeviceId, Random, UserId } from '../lib/ids.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { AuthSessions } from './auth-sessions.ts'
import type { Passwords } from './passwords.ts'

export type AccountDeps = {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  /** The domain of this server's user ids. */
  readonly serverName: string
  readonly passwords: Passwords
  readonly authSessions: AuthSessions
  readonly loginAttempts: AttemptLimiter
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
}

/** A user's push rules are other ones for the events after `position`. */
export type RulesChange = { userId: UserId; position: number }

/** Guards one account against guessing: each attempt counts beforehand, so that many at once cannot slip through. */
export interface AttemptLimiter {
  /** @throws MatrixError 429 when the attempts are used up */
  attempt(account: string): void
  /** The attempt was a good one and does not count. */
  succeeded(account: string): void
}

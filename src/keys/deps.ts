import type { AccountDeps } from '../accounts/deps.ts'
import type { Bus } from '../cluster/bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'

export type KeyDeps = {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly quotas: Quotas
  /** `encryption.keys_for_shared_rooms_only` */
  readonly sharedRoomsOnly: boolean
}

/** With the check of the password that replacing cross-signing keys needs. */
export type CrossSigningDeps = KeyDeps & { readonly accounts: AccountDeps }

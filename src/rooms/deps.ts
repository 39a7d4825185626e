import type { Bus } from '../cluster/bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random, RoomId, UserId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { NotificationDeps } from '../notifications/deps.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { RoomVersion } from './room-versions.ts'

/** The dependencies of the write side of rooms. */
export type RoomDeps = {
  db: Database
  bus: Bus
  clock: Clock
  random: Random
  log: Log
  /** The domain of this server's user ids and aliases. */
  serverName: string
  quotas: Quotas
  notifications: NotificationDeps
  /** The room version when the request gives none. */
  defaultVersion: RoomVersion['id']
  /** Whether rooms can be encrypted. Not useful before this server has the endpoints for keys. */
  allowEncryption: boolean
  /**
   * Copies, in the transaction of a first join, the push rules and settings of a user for a replaced room to
   * the room that replaces it.
   */
  onReplacementJoined(tx: Transaction, change: { userId: UserId; from: RoomId; to: RoomId }): Promise<void>
}

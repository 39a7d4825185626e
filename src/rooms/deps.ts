import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { NotificationDeps } from '../notifications/deps.ts'
import type { Database } from '../storage/database.ts'

/** What the write side of rooms works with. */
export type RoomDeps = {
  db: Database
  bus: Bus
  clock: Clock
  random: Random
  log: Log
  /** The domain of this server's user ids and aliases. */
  serverName: string
  notifications: NotificationDeps
}

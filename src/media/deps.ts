import type { Bus } from '../cluster/bus.ts'
import type { Quotas } from '../config/limits-schema.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Occupancy } from '../lib/occupancy.ts'
import type { Shares } from '../lib/shares.ts'
import type { Database } from '../storage/database.ts'
import type { Blobs } from './blobs.ts'
import type { InProgress } from './in-progress.ts'
import type { MediaEvents } from './media-events.ts'
import type { Thumbnailer } from './thumbnailer.ts'

export type MediaDeps = {
  readonly db: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The server name in the `mxc://` URIs of media. */
  readonly serverName: string
  readonly quotas: Quotas
  readonly blobs: Blobs
  readonly events: MediaEvents
  readonly settings: Config['media']
  /** The uploads in progress, by user. */
  readonly uploads: Occupancy
  /** The bytes of the uploads in progress, by user: declared or received. */
  readonly bytesUnderWay: Shares
  readonly thumbnailer: Thumbnailer
  readonly thumbnailsInProgress: InProgress
  /** The uploads of this process begin later. */
  readonly startedAt: number
}

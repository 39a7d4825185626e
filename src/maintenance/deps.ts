import type { NamedConfig } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { Blobs } from '../media/blobs.ts'
import type { Database } from '../storage/database.ts'

export type MaintenanceDeps = { db: Database; config: NamedConfig; blobs: Blobs; clock: Clock }

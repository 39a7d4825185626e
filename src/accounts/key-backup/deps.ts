import type { Quotas } from '../../config/limits-schema.ts'
import type { Database } from '../../storage/database.ts'

export type KeyBackupDeps = { db: Database; quotas: Quotas }

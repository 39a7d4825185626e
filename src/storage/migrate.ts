import { StorageError } from './database.ts'
import type { ColumnTypes, Migration } from './migration.ts'

/**
 * All migrations by their ids. Append-only: never change a released migration. A start loads only the
 * migrations that its database lacks.
 */
export const MIGRATIONS: Readonly<Record<number, () => Promise<Migration>>> = {
  1: async () => (await import('./migrations/0001-first.ts')).first,
  2: async () => (await import('./migrations/0002-push-rules.ts')).pushRules,
  3: async () => (await import('./migrations/0003-urgent-pokes.ts')).urgentPokes,
  4: async () => (await import('./migrations/0004-pusher-life.ts')).pusherLife,
  5: async () => (await import('./migrations/0005-trace.ts')).trace,
  6: async () => (await import('./migrations/0006-email.ts')).email,
  7: async () => (await import('./migrations/0007-hold-while-active.ts')).holdWhileActive,
  8: async () => (await import('./migrations/0008-gateway.ts')).gateway,
  9: async () => (await import('./migrations/0009-web-push.ts')).webPush,
  10: async () => (await import('./migrations/0010-bounded-gateway.ts')).boundedGateway,
  12: async () => (await import('./migrations/0012-server-name.ts')).serverName,
  13: async () => (await import('./migrations/0013-quotas.ts')).quotas,
  14: async () => (await import('./migrations/0014-queue-data.ts')).queueData,
  17: async () => (await import('./migrations/0017-edits.ts')).edits,
  18: async () => (await import('./migrations/0018-deactivated-users.ts')).deactivatedUsers,
  19: async () => (await import('./migrations/0019-lanes.ts')).lanes,
  20: async () => (await import('./migrations/0020-gateway-lanes.ts')).gatewayLanes,
  21: async () => (await import('./migrations/0021-members-version.ts')).membersVersion,
  22: async () => (await import('./migrations/0022-receipts-stream.ts')).receiptsStream,
  23: async () => (await import('./migrations/0023-encryption-keys.ts')).encryptionKeys,
  24: async () =>
    (await import('./migrations/0024-device-messages-and-key-backups.ts')).deviceMessagesAndKeyBackups,
  25: async () => (await import('./migrations/0025-room-summaries.ts')).roomSummaries,
  26: async () => (await import('./migrations/0026-sliding-connections.ts')).slidingConnections,
  27: async () => (await import('./migrations/0027-relations.ts')).relations,
  28: async () => (await import('./migrations/0028-media.ts')).media,
  29: async () => (await import('./migrations/0029-profile-fields-and-reports.ts')).profileFieldsAndReports,
  30: async () => (await import('./migrations/0030-user-directory.ts')).userDirectory,
  31: async () => (await import('./migrations/0031-hidden-senders.ts')).hiddenSenders,
  35: async () => (await import('./migrations/0035-dehydrated-devices.ts')).dehydratedDevices,
  32: async () => (await import('./migrations/0032-main-totals.ts')).mainTotals,
  34: async () => (await import('./migrations/0034-thread-subscriptions.ts')).threadSubscriptions,
  36: async () => (await import('./migrations/0036-search.ts')).search,
  38: async () => (await import('./migrations/0038-search-rooms.ts')).searchRooms,
  39: async () => (await import('./migrations/0039-event-positions.ts')).eventPositions,
  40: async () => (await import('./migrations/0040-presence.ts')).presence,
  41: async () => (await import('./migrations/0041-blocked-media.ts')).blockedMedia,
  42: async () => (await import('./migrations/0042-room-upgrades.ts')).roomUpgrades,
  43: async () => (await import('./migrations/0043-arrivals.ts')).arrivals,
  45: async () => (await import('./migrations/0045-ended-journeys.ts')).endedJourneys,
  47: async () => (await import('./migrations/0047-rule-ends.ts')).ruleEnds,
  44: async () => (await import('./migrations/0044-arrival-shares.ts')).arrivalShares,
  48: async () => (await import('./migrations/0048-rule-digests.ts')).ruleDigests,
  56: async () => (await import('./migrations/0056-processes.ts')).processes,
  59: async () => (await import('./migrations/0059-stream-points.ts')).streamPoints,
  57: async () => (await import('./migrations/0057-account-moderation.ts')).accountModeration,
  58: async () => (await import('./migrations/0058-auth-sessions.ts')).authSessions,
  60: async () => (await import('./migrations/0060-process-state.ts')).processState,
  61: async () => (await import('./migrations/0061-attempts.ts')).attempts,
  62: async () => (await import('./migrations/0062-gateway-claims.ts')).gatewayClaims,
  63: async () => (await import('./migrations/0063-retention.ts')).retention,
  64: async () => (await import('./migrations/0064-taken-by.ts')).takenBy,
  67: async () => (await import('./migrations/0067-room-removal.ts')).roomRemoval,
  66: async () => (await import('./migrations/0066-registration-tokens.ts')).registrationTokens,
  55: async () => (await import('./migrations/0055-stream-shards.ts')).streamShards,
}

/** The newest migration that this version knows. */
export const KNOWN_SCHEMA = Math.max(...Object.keys(MIGRATIONS).map(Number))

/** The key of PostgreSQL's advisory lock during migrations. Any number, but the same for every process. */
export const MIGRATING = 8_008

export type AppliedMigration = { id: number; name: string }

/** What a migration needs from a database that is not open for other use yet. */
export interface MigrationTarget {
  readonly types: ColumnTypes
  /** Resolves to the number of rows changed. */
  execute(statement: string): Promise<number>
  /** The applied migrations, by ascending ids. */
  applied(): Promise<AppliedMigration[]>
  /** For a database that several processes share: the newest schemas that the live processes know. */
  schemasInUse?(): Promise<number[]>
}

const MIGRATIONS_TABLE =
  'create table if not exists schema_migrations (id integer primary key, name text not null, applied_at bigint not null)'

/**
 * Brings the schema up to date. Each migration is one transaction, which first inserts its own row. When two
 * processes start together, one waits for that row and then finds the migration applied.
 *
 * Processes of two versions can share a database. Each migration that does not only add says which schema a
 * process must know to run beside it (`Migration.oldest`); it is part of the stored name.
 * @throws StorageError when a newer Belfry changed the database so that this one cannot use it, or when an
 *   older process runs that could not continue after a missing migration
 */
export async function migrate(target: MigrationTarget, now: number, migrations = MIGRATIONS): Promise<void> {
  await target.execute(MIGRATIONS_TABLE)
  const applied = await target.applied()
  refuseNewer(applied, target.schemasInUse !== undefined)
  const ids = new Set(applied.map(({ id }) => id))
  for (const [id, load] of Object.entries(migrations)) {
    if (ids.has(Number(id))) continue
    const migration = await load()
    await refuseOlderProcesses(target, migration)
    await apply(target, migration, now)
  }
}

/**
 * @param isShared a newer version may have added to the schema
 * @throws StorageError when this version cannot use a database with these migrations
 */
export function refuseNewer(applied: readonly AppliedMigration[], isShared: boolean): void {
  const newest = applied.findLast(
    ({ id, name }) => id > KNOWN_SCHEMA && (!isShared || oldestOf(name) > KNOWN_SCHEMA),
  )
  if (newest === undefined) return
  throw new StorageError(
    `The database has schema ${newest.id}, written by a newer Belfry; this one knows schemas up to ${KNOWN_SCHEMA}. Start the newer version.`,
  )
}

async function refuseOlderProcesses(target: MigrationTarget, { id, name, oldest }: Migration): Promise<void> {
  if (oldest === undefined || target.schemasInUse === undefined) return
  const older = (await target.schemasInUse()).filter((schema) => schema < oldest)
  if (older.length === 0) return
  throw new StorageError(
    `Migration ${id} (${name}) cannot run beside ${older.length} older ${older.length === 1 ? 'process' : 'processes'} on this database: they know schema ${Math.min(...older)}, and at least ${oldest} is needed. Stop them first (belfry cluster status lists them)`,
  )
}

/** The stored name of a migration, with the oldest schema that may run beside it. */
const storedName = ({ name, oldest }: Migration) =>
  oldest === undefined ? name : `${name} (needs ${oldest})`

const oldestOf = (stored: string): number => Number(/ \(needs (\d+)\)$/.exec(stored)?.[1] ?? 0)

async function apply(target: MigrationTarget, migration: Migration, now: number): Promise<void> {
  await target.execute('begin')
  try {
    const fresh = await target.execute(
      `insert into schema_migrations (id, name, applied_at) values (${migration.id}, '${storedName(migration)}', ${now}) on conflict do nothing`,
    )
    if (fresh > 0) for (const statement of migration.statements(target.types)) await target.execute(statement)
    await target.execute('commit')
  } catch (error) {
    // A full disk or a lost connection may have ended the transaction already.
    await target.execute('rollback').catch(() => undefined)
    throw new StorageError(
      `Migration ${migration.id} (${migration.name}) failed; the database is unchanged`,
      { cause: error },
    )
  }
}

import { StorageError } from './database.ts'
import type { ColumnTypes, Migration } from './migration.ts'
import { first } from './migrations/0001-first.ts'
import { pushRules } from './migrations/0002-push-rules.ts'
import { urgentPokes } from './migrations/0003-urgent-pokes.ts'
import { pusherLife } from './migrations/0004-pusher-life.ts'
import { trace } from './migrations/0005-trace.ts'
import { email } from './migrations/0006-email.ts'
import { holdWhileActive } from './migrations/0007-hold-while-active.ts'
import { gateway } from './migrations/0008-gateway.ts'
import { webPush } from './migrations/0009-web-push.ts'
import { boundedGateway } from './migrations/0010-bounded-gateway.ts'
import { serverName } from './migrations/0012-server-name.ts'
import { quotas } from './migrations/0013-quotas.ts'
import { queueData } from './migrations/0014-queue-data.ts'
import { edits } from './migrations/0017-edits.ts'
import { deactivatedUsers } from './migrations/0018-deactivated-users.ts'
import { lanes } from './migrations/0019-lanes.ts'
import { gatewayLanes } from './migrations/0020-gateway-lanes.ts'
import { membersVersion } from './migrations/0021-members-version.ts'
import { receiptsStream } from './migrations/0022-receipts-stream.ts'

/** Append-only: never change a released migration. */
export const migrations: readonly Migration[] = [
  first,
  pushRules,
  urgentPokes,
  pusherLife,
  trace,
  email,
  holdWhileActive,
  gateway,
  webPush,
  boundedGateway,
  serverName,
  quotas,
  queueData,
  edits,
  deactivatedUsers,
  lanes,
  gatewayLanes,
  membersVersion,
  receiptsStream,
]

/** What a migration needs from a database that is not open for other use yet. */
export interface MigrationTarget {
  readonly types: ColumnTypes
  /** Resolves to the number of rows changed. */
  execute(statement: string): Promise<number>
  /** The ids of the applied migrations, in ascending order. */
  applied(): Promise<number[]>
}

const MIGRATIONS_TABLE =
  'create table if not exists schema_migrations (id integer primary key, name text not null, applied_at bigint not null)'

/**
 * Brings the schema up to date. Each migration is one transaction, which first inserts its own row. When two processes
 * start together, one waits for that row and then finds the migration applied.
 * @throws StorageError when a newer Belfry wrote the database
 */
export async function migrate(target: MigrationTarget, now: number): Promise<void> {
  await target.execute(MIGRATIONS_TABLE)
  const known = migrations.at(-1)?.id ?? 0
  const newest = (await target.applied()).at(-1) ?? 0
  if (newest > known) {
    throw new StorageError(
      `The database has schema ${newest}, written by a newer Belfry; this one knows schemas up to ${known}. Start the newer version.`,
    )
  }
  for (const migration of migrations) await apply(target, migration, now)
}

async function apply(target: MigrationTarget, migration: Migration, now: number): Promise<void> {
  await target.execute('begin')
  try {
    const fresh = await target.execute(
      `insert into schema_migrations (id, name, applied_at) values (${migration.id}, '${migration.name}', ${now}) on conflict do nothing`,
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

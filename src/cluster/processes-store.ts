import { type RawBuilder, sql } from 'kysely'
import { type Dialect, query } from '../storage/query.ts'

// The registry of the processes on one database. Every time in it is one of the database's clock.

/** A process without a heartbeat for this time is dead. */
export const DEAD_AFTER_MS = 10_000
/** The task of a leader ends this long after its last heartbeat. */
const LEADER_MS = 10_000

/** The time of the database. Milliseconds since the Unix epoch. */
const databaseNow = ({ name }: Dialect): RawBuilder<number> =>
  name === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`

/** Identifies a database session also after its process id was used again. */
const SESSION_ID = sql<string>`pid || '@' || extract(epoch from backend_start)`

const ownSession = ({ name }: Dialect): RawBuilder<string | null> =>
  name === 'sqlite'
    ? sql`null`
    : sql`(select ${SESSION_ID} from pg_stat_activity where pid = pg_backend_pid())`

/**
 * A process whose session has ended is dead before its heartbeat is late. A live one that has only lost its
 * connection registers again.
 */
const isAlive = (d: Dialect): RawBuilder<boolean> => {
  const isSeen = sql<boolean>`seen_at > ${databaseNow(d)} - ${sql.lit(DEAD_AFTER_MS)}`
  if (d.name === 'sqlite') return isSeen
  return sql<boolean>`(${isSeen} and (session is null
    or exists (select 1 from pg_stat_activity where ${SESSION_ID} = processes.session)))`
}

export type ProcessFacts = {
  processId: string
  roles: string
  host: string
  pid: number
  version: string
  knownSchema: number
  configHash: string
  /** For operators, as JSON. */
  state: string
}

/** A heartbeat. It also registers the process, again if it was taken for dead. */
export const putProcess = query<ProcessFacts>()((db, p, d) =>
  db
    .insertInto('processes')
    .values({
      process_id: p.processId,
      roles: p.roles,
      host: p.host,
      pid: p.pid,
      version: p.version,
      known_schema: p.knownSchema,
      config_hash: p.configHash,
      session: ownSession(d),
      state: p.state,
      started_at: databaseNow(d),
      seen_at: databaseNow(d),
    })
    .onConflict((conflict) =>
      conflict.column('process_id').doUpdateSet({
        seen_at: sql<number>`excluded.seen_at`,
        session: sql<string>`excluded.session`,
        state: sql<string>`excluded.state`,
        roles: sql<string>`excluded.roles`,
        config_hash: sql<string>`excluded.config_hash`,
      }),
    ),
)

/** Takes or keeps a task. No row: another live process has it. */
export const holdTask = query<{ name: string; holder: string }>()((db, p, d) =>
  db
    .insertInto('leader')
    .values({ name: p.name, holder: p.holder, until: sql<number>`${databaseNow(d)} + ${sql.lit(LEADER_MS)}` })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder: sql<string>`excluded.holder`, until: sql<number>`excluded.until` })
        .where(
          sql<boolean>`leader.holder = excluded.holder or leader.until <= ${databaseNow(d)}
            or not exists (select 1 from processes where process_id = leader.holder and ${isAlive(d)})`,
        ),
    )
    .returning('holder'),
)

export const leaveTasks = query<{ holder: string }>()((db, p) =>
  db.deleteFrom('leader').where('holder', '=', p.holder),
)

export const removeProcess = query<{ processId: string }>()((db, p) =>
  db.deleteFrom('processes').where('process_id', '=', p.processId),
)

/** Only the holder of the task `cluster` removes them. */
export const removeDeadProcesses = query<{ holder: string }>()((db, p, d) =>
  db
    .deleteFrom('processes')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('leader')
          .select('name')
          .where('name', '=', sql.lit('cluster'))
          .where('holder', '=', p.holder),
      ),
    )
    .where(sql<boolean>`not ${isAlive(d)}`)
    .returning(['process_id', 'roles']),
)

/** The live processes, by ids. */
export const liveProcesses = query()((db, _, d) =>
  db
    .selectFrom('processes')
    .selectAll()
    .select(databaseNow(d).as('now'))
    .where(isAlive(d))
    .orderBy('process_id'),
)

/** All registered processes, the oldest first. */
export const everyProcess = query()((db, _, d) =>
  db
    .selectFrom('processes')
    .selectAll()
    .select(isAlive(d).as('is_alive'))
    .orderBy('started_at')
    .orderBy('process_id'),
)

export const tasksHeld = query()((db, _, d) =>
  db.selectFrom('leader').select(['name', 'holder']).where('until', '>', databaseNow(d)).orderBy('name'),
)

export const databaseTime = query()((db, _, d) => db.selectNoFrom(databaseNow(d).as('now')))

/** Waits for migrations that another process applies, and lets none begin before the commit. */
export const takeMigrationLock = query<{ lock: number }>()((db, p, d) =>
  db.selectNoFrom(
    d.name === 'sqlite'
      ? sql<number>`${p.lock}`.as('lock')
      : sql<number>`(select 1 from pg_advisory_xact_lock(cast(${p.lock} as bigint)))`.as('lock'),
  ),
)

export const appliedMigrations = query()((db) =>
  db.selectFrom('schema_migrations').select(['id', 'name']).orderBy('id'),
)

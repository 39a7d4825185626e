import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { StorageError } from './database.ts'

// One process serves a database. It holds an advisory lock in the session that writes, so the process cannot write without the
// lock. A new connection takes the lock before its first write, and the lock of the old connection ends with that connection.

/** The two keys of the lock. Any numbers, but never change them. */
const CLASS = 8_008
const SERVING = 1
/** The session of a killed process may take a moment to end. */
const LOCK_TIMEOUT_MS = 3_000
const RETRY_MS = 50

/**
 * With these settings PostgreSQL notices within 25 s that the machine of this process or its network is gone. Otherwise the dead
 * session keeps the lock for hours.
 */
const KEEP_ALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'

/** Ends an earlier session of this process that lost its connection, when PostgreSQL has not noticed its end. */
const END_OWN_SESSIONS = `
  select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = ${CLASS} and l.objid = ${SERVING} and l.objsubid = 2 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and a.application_name = $1 and a.pid <> pg_backend_pid()`

/**
 * Takes the lock for this session.
 * @param instance the `application_name` of this process
 * @throws StorageError when another process holds the lock
 */
export async function takeServerLock(client: Client, instance: string): Promise<void> {
  await client.query(KEEP_ALIVE)
  for (let waited = 0; ; waited += RETRY_MS) {
    const { rows } = await client.query<{ held: boolean }>(
      `select pg_try_advisory_lock(${CLASS}, ${SERVING}) as held`,
    )
    if (rows[0]?.held) return
    await client.query(END_OWN_SESSIONS, [instance])
    if (waited >= LOCK_TIMEOUT_MS)
      throw new StorageError(
        'Another process serves the PostgreSQL database, and only one may. Stop it, or start this one with another --database',
      )
    await setTimeout(RETRY_MS)
  }
}

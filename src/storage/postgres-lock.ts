import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { StorageError } from './database.ts'

// One process serves a database. The proof is an advisory lock of the session that writes, so there is no moment in which a process
// writes and does not hold it: a new connection takes the lock before anything is written through it, and with the old connection
// the lock is gone.

/** The two keys of the lock; any, as long as they stay the same. */
const CLASS = 8_008
const SERVING = 1
/** The session of a process that was killed may take a moment to end. */
const PATIENCE_MS = 3_000
const RETRY_MS = 50

/**
 * The server notices after 25 s that the machine of this process is gone, or the network to it: else the lock would stay with
 * the dead session for hours.
 */
const KEEP_ALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3'

/** An earlier session of this very process, which lost its connection and whose end the server has not noticed. */
const END_OWN_SESSIONS = `
  select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = ${CLASS} and l.objid = ${SERVING} and l.objsubid = 2 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and a.application_name = $1 and a.pid <> pg_backend_pid()`

/**
 * Takes the lock for this session.
 * @param instance the `application_name` of this process
 * @throws StorageError when another process has it
 */
export async function serveAlone(client: Client, instance: string): Promise<void> {
  await client.query(KEEP_ALIVE)
  for (let waited = 0; ; waited += RETRY_MS) {
    const { rows } = await client.query<{ held: boolean }>(
      `select pg_try_advisory_lock(${CLASS}, ${SERVING}) as held`,
    )
    if (rows[0]?.held) return
    await client.query(END_OWN_SESSIONS, [instance])
    if (waited >= PATIENCE_MS)
      throw new StorageError(
        'Another process serves the PostgreSQL database, and one alone can: stop it, or give this one another --database',
      )
    await setTimeout(RETRY_MS)
  }
}

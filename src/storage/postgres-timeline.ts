import type { Client } from 'pg'
import type { Log } from '../lib/log.ts'
import { StorageError } from './database.ts'

/** More than the positions that a server takes while its standby is behind. */
const LOST_POSITIONS = 1_000_000

type Timelines = { stored: number | null; current: number | null }

/**
 * PostgreSQL begins a new timeline when a standby is promoted. If the standby was behind, positions are lost
 * that clients have in their tokens, so the next positions are much higher: none is given twice. Call it
 * after the migrations, and before the first write of each connection. Several processes can call it at the
 * same time.
 * @throws StorageError on a standby: its next timeline is unknown, and the connection would stay open when it
 *   is promoted
 */
export async function skipLostPositions(client: Client, log: Log): Promise<void> {
  const { rows } = await client.query<Timelines>(`
    select (select timeline from stream_timeline where id = 1) as stored,
      case when not pg_is_in_recovery()
        then ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as current`)
  const { stored = null, current = null } = rows[0] ?? {}
  if (current === null)
    throw new StorageError('The PostgreSQL server is a standby, which accepts no writes until it is promoted')
  if (stored === current) return
  const { rowCount } = await client.query(`
    with moved as (
      insert into stream_timeline (id, timeline) values (1, ${current}) on conflict (id)
        do update set timeline = excluded.timeline where stream_timeline.timeline <> excluded.timeline
        returning xmax <> 0 as was_other)
    select setval('stream_positions', last_value + ${LOST_POSITIONS}) from stream_positions, moved where was_other`)
  if (rowCount !== null && rowCount > 0)
    log.warn(
      { from: stored, to: current },
      'another PostgreSQL server was promoted; the next positions of the stream are higher',
    )
}

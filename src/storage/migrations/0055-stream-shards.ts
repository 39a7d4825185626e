import type { Migration } from '../migration.ts'

/**
 * PostgreSQL gets a sequence of positions, and a new database one row of `stream` for each shard. A database
 * with users or positions keeps its one row: its positions do not name a shard.
 */
export const streamShards: Migration = {
  id: 55,
  name: 'stream-shards',
  statements: ({ shards }) =>
    shards === undefined
      ? []
      : [
          'alter table stream drop constraint stream_id_check',
          'create sequence stream_positions',
          `select setval('stream_positions', position) from stream where position > 0`,
          `insert into stream (id, position) select number + 1, 0 from generate_series(1, ${shards - 1}) as number
            where not exists (select 1 from users) and (select sum(position) from stream) = 0`,
        ],
}

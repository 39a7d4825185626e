import type { Migration } from '../migration.ts'

/**
 * Points of a stream with several shards, beside the columns with a position: how far the search index goes,
 * and what the last digest of a rule had. Null: the position says it. `stream_timeline`: the timeline of
 * PostgreSQL that the last process has seen.
 */
export const streamPoints: Migration = {
  id: 59,
  name: 'stream-points',
  statements: ({ int, plain }) => [
    'alter table search_progress add column point text',
    'alter table push_rules add column digest_seen text',
    `create table stream_timeline (id ${int} primary key, timeline ${int} not null) ${plain}`,
  ],
}

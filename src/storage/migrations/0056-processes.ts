import type { Migration } from '../migration.ts'

/** The processes that share the database, and which of them leads. */
export const processes: Migration = {
  id: 56,
  name: 'processes',
  statements: ({ int }) => [
    `create table processes (
      process_id text primary key, roles text not null, host text not null, pid ${int} not null, version text not null,
      known_schema ${int} not null, config_hash text not null, session text, started_at ${int} not null,
      seen_at ${int} not null)`,
    `create table leader (name text primary key, holder text not null, until ${int} not null)`,
  ],
}

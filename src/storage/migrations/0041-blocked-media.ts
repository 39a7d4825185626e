import type { Migration } from '../migration.ts'

/**
 * Blocked contents have a table of their own, so that a content stays blocked when its bytes are removed.
 * Failed removals of blobs are counted.
 */
export const blockedMedia: Migration = {
  id: 41,
  name: 'blocked-media',
  statements: ({ int, keyed }) => [
    `create table media_blocked (content_hash text primary key, blocked_at ${int} not null) ${keyed}`,
    `insert into media_blocked (content_hash, blocked_at)
      select content_hash, quarantined_at from media_contents where quarantined_at is not null`,
    `alter table media_contents drop column quarantined_at`,
    `alter table media_leftovers add column failures ${int} not null default 0`,
  ],
}

import type { Migration } from '../migration.ts'

/** Counts of login attempts and of mails with tokens. */
export const attempts: Migration = {
  id: 61,
  name: 'attempts',
  statements: ({ int, plain }) => [
    `create table attempts (key_hash text not null primary key, full_at ${int} not null) ${plain}`,
    'create index attempts_by_end on attempts (full_at)',
  ],
}

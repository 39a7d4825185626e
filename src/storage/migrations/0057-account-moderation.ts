import type { Migration } from '../migration.ts'

/**
 * Locked and suspended accounts (client-server API, "Account moderation"), and the pushers that are disabled
 * because their account is locked.
 */
export const accountModeration: Migration = {
  id: 57,
  name: 'account-moderation',
  statements: ({ int }) => [
    `alter table users add column locked_at ${int}`,
    `alter table users add column suspended_at ${int}`,
    `alter table pushers add column is_paused ${int} not null default 0`,
  ],
}

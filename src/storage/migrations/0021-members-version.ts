import type { Migration } from '../migration.ts'

/** Caches of the members' names compare it. */
export const membersVersion: Migration = {
  id: 21,
  name: 'members-version',
  statements: ({ int }) => [`alter table rooms add column members_version ${int} not null default 0`],
}

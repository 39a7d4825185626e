import type { Migration } from '../migration.ts'

export const holdWhileActive: Migration = {
  id: 7,
  name: 'hold-while-active',
  statements: ({ int }) => [
    `alter table pushers add column hold_ms ${int} not null default 0`,
    `alter table pushers add column held_until ${int}`,
  ],
}

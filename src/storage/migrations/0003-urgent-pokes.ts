import type { Migration } from '../migration.ts'

export const urgentPokes: Migration = {
  id: 3,
  name: 'urgent-pokes',
  statements: ({ int }) => [
    `alter table outbox add column urgent ${int} not null default 0`,
    `create index outbox_urgent on outbox (pusher_id, position) where urgent = 1`,
  ],
}

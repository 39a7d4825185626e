import type { Migration } from '../migration.ts'

/** Rooms that an administrator shuts down or purges. */
export const roomRemoval: Migration = {
  id: 67,
  name: 'room-removal',
  statements: () => [
    'alter table rooms add column removal text',
    `create index rooms_to_remove on rooms (room_id) where removal in ('shutting down', 'purging')`,
  ],
}

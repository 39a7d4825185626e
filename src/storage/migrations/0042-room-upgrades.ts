import type { Migration } from '../migration.ts'

/** Room upgrades that still have bans and rooms of a space to copy. */
export const roomUpgrades: Migration = {
  id: 42,
  name: 'room-upgrades',
  statements: ({ keyed }) => [
    `create table room_upgrades (
      new_room_id text primary key, old_room_id text not null, user_id text not null, after text not null) ${keyed}`,
  ],
}

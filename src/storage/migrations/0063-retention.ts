import type { Migration } from '../migration.ts'

/** How far the old events of each room are removed. */
export const retention: Migration = {
  id: 63,
  name: 'retention',
  statements: ({ int, keyed }) => [
    `create table room_retention (room_id text not null, swept_to ${int} not null, primary key (room_id)) ${keyed}`,
  ],
}

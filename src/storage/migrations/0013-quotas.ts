import type { Migration } from '../migration.ts'

export const quotas: Migration = {
  id: 13,
  name: 'quotas',
  statements: ({ int }) => [
    `create index rooms_by_creator on rooms (creator)`,
    `create index room_aliases_by_maker on room_aliases (created_by)`,
    `alter table rooms add column state_events ${int} not null default 0`,
    `alter table rooms add column state_bytes ${int} not null default 0`,
    `update rooms set
      state_events = (
        select count(*) from current_state s where s.room_id = rooms.room_id and s.type <> 'm.room.member'),
      state_bytes = (
        select coalesce(sum(octet_length(e.content)), 0) from current_state s join events e on e.position = s.position
        where s.room_id = rooms.room_id and s.type <> 'm.room.member')`,
  ],
}

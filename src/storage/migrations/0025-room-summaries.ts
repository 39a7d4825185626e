import type { Migration } from '../migration.ts'

const BUMPS = `('m.room.create', 'm.room.message', 'm.room.encrypted', 'm.sticker', 'm.call.invite', 'm.poll.start', 'm.beacon_info')`

/**
 * The data that room lists show of a room. The bump position is filled in for the last event of each room
 * only: readers compute that of earlier events.
 */
export const roomSummaries: Migration = {
  id: 25,
  name: 'room-summaries',
  statements: ({ int, textIn }) => {
    const current = (type: string, name: string) => `(select nullif(${textIn('e.content', name)}, '')
      from current_state s join events e on e.position = s.position
      where s.room_id = rooms.room_id and s.type = '${type}' and s.state_key = '')`
    return [
      `alter table rooms add column name text`,
      `alter table rooms add column canonical_alias text`,
      `alter table rooms add column avatar_url text`,
      `alter table rooms add column room_type text`,
      `alter table rooms add column is_encrypted ${int} not null default 0`,
      `update rooms set
        name = ${current('m.room.name', 'name')},
        canonical_alias = ${current('m.room.canonical_alias', 'alias')},
        avatar_url = ${current('m.room.avatar', 'url')},
        room_type = ${current('m.room.create', 'type')},
        is_encrypted = case when exists (select 1 from current_state s where s.room_id = rooms.room_id
          and s.type = 'm.room.encryption' and s.state_key = '') then 1 else 0 end`,
      `alter table events add column bump_position ${int}`,
      `update events set bump_position = (select b.position from events b where b.room_id = events.room_id
          and b.position <= events.position and b.type in ${BUMPS} order by b.position desc limit 1)
        where position in (select (select max(e.position) from events e where e.room_id = r.room_id) from rooms r)`,
    ]
  },
}

import { sql } from 'kysely'
import { query } from '../storage/query.ts'

// Queries of `belfry verify`: each finds rows that contradict others. They read whole tables. `place`: the row, without texts of users.

const LIMIT = sql.lit(20)

export const wrongMemberCounts = query()((db) =>
  db
    .selectFrom('rooms as r')
    .select('r.room_id as place')
    .where(
      sql<boolean>`r.joined_count <> (select count(*) from memberships as m where m.room_id = r.room_id and m.membership = 'join')
        or r.invited_count <> (select count(*) from memberships as m where m.room_id = r.room_id and m.membership = 'invite')`,
    )
    .orderBy('r.room_id')
    .limit(LIMIT),
)

export const wrongMediaUsage = query()((db) =>
  db
    .selectFrom('media_usage as u')
    .select('u.user_id as place')
    .where(
      sql<boolean>`u.files <> (select count(*) from media as m where m.user_id = u.user_id)
        or u.bytes <> (select coalesce(sum(m.size), 0) from media as m where m.user_id = u.user_id)`,
    )
    .orderBy('u.user_id')
    .limit(LIMIT),
)

export const wrongContentUses = query()((db) =>
  db
    .selectFrom('media_contents as c')
    .select('c.content_hash as place')
    .where(sql<boolean>`c.uses <> (select count(*) from media as m where m.content_hash = c.content_hash)`)
    .orderBy('c.content_hash')
    .limit(LIMIT),
)

/** Positions above the last one would be given again. */
export const positionsAboveStream = query()((db) =>
  db
    .selectFrom('receipts as r')
    .select('r.user_id as place')
    .where(
      sql<boolean>`r.position > (select max(position) from stream) and r.position > (select coalesce(max(position), 0) from events)`,
    )
    .limit(LIMIT),
)

export const eventsWithoutRoom = query()((db) =>
  db
    .selectFrom('events as e')
    .select('e.event_id as place')
    .where(sql<boolean>`not exists (select 1 from rooms as r where r.room_id = e.room_id)`)
    .limit(LIMIT),
)

export const stateWithoutEvent = query()((db) =>
  db
    .selectFrom('current_state as s')
    .select('s.event_id as place')
    .where(
      sql<boolean>`not exists (select 1 from events as e where e.position = s.position and e.event_id = s.event_id)`,
    )
    .limit(LIMIT),
)

export const membersWithoutEvent = query()((db) =>
  db
    .selectFrom('memberships as m')
    .select('m.event_id as place')
    .where(
      sql<boolean>`not exists (select 1 from events as e where e.position = m.position and e.event_id = m.event_id)`,
    )
    .limit(LIMIT),
)

export const devicesWithoutUser = query()((db) =>
  db
    .selectFrom('devices as d')
    .select('d.user_id as place')
    .where(sql<boolean>`not exists (select 1 from users as u where u.user_id = d.user_id)`)
    .limit(LIMIT),
)

export const tokensWithoutDevice = query()((db) =>
  db
    .selectFrom('access_tokens as t')
    .select('t.user_id as place')
    .where(
      sql<boolean>`not exists (select 1 from devices as d where d.user_id = t.user_id and d.device_id = t.device_id)`,
    )
    .limit(LIMIT),
)

export const pushersWithoutLane = query()((db) =>
  db
    .selectFrom('pushers as p')
    .select('p.user_id as place')
    .where(sql<boolean>`not exists (select 1 from lanes as l where l.lane_id = p.pusher_id)`)
    .limit(LIMIT),
)

export const itemsWithoutLane = query()((db) =>
  db
    .selectFrom('lane_items as i')
    .select(sql<string>`cast(i.lane_id as text)`.as('place'))
    .where(sql<boolean>`not exists (select 1 from lanes as l where l.lane_id = i.lane_id)`)
    .limit(LIMIT),
)

export const readPositionsMissing = query()((db) =>
  db
    .selectFrom('memberships as m')
    .select('m.user_id as place')
    .where(
      sql<boolean>`m.membership = 'join' and not exists (
        select 1 from read_positions as r where r.user_id = m.user_id and r.room_id = m.room_id and r.thread_id = '')`,
    )
    .limit(LIMIT),
)

export const mediaWithoutContent = query()((db) =>
  db
    .selectFrom('media as m')
    .select('m.media_id as place')
    .where(
      sql<boolean>`m.content_hash is not null and not exists (select 1 from media_contents as c where c.content_hash = m.content_hash)`,
    )
    .limit(LIMIT),
)

/** The numbers that describe a database, for a comparison of two. */
export const databaseCounts = query()((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('users')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('users'),
    eb
      .selectFrom('devices')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('devices'),
    eb
      .selectFrom('rooms')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('rooms'),
    eb
      .selectFrom('events')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('events'),
    eb
      .selectFrom('pushers')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('pushers'),
    eb
      .selectFrom('lane_items')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('queued'),
    eb
      .selectFrom('media')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('media'),
  ]),
)

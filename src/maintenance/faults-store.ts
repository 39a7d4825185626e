import { type Compilable, type RawBuilder, sql } from 'kysely'
import { query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'

// Queries of `belfry verify`: each finds rows that contradict others. They read whole tables. `place`: the
// row, without texts of users.

type Place = { place: string }
type Column<Table extends keyof Schema> = keyof Schema[Table] & string

/** The first rows `t` of a table that are wrong. `place`: the column that names a row. */
export const rowsWhere = <Table extends keyof Schema>(
  table: Table,
  place: Column<Table>,
  isWrong: RawBuilder<unknown>,
) =>
  query()<Place>((db): Compilable<Place> => {
    const rows = sql<Place>`select cast(${sql.ref(`t.${place}`)} as text) as "place" from ${sql.table(table)} as t
      where ${isWrong} order by 1 limit ${sql.lit(20)}`
    return { compile: () => rows.compile(db) }
  })

/** The first rows `t` to which no row `o` of another table belongs. */
const rowsWithout = <Table extends keyof Schema>(
  table: Table,
  place: Column<Table>,
  { other, belongs }: { other: keyof Schema; belongs: RawBuilder<unknown> },
) => rowsWhere(table, place, sql`not exists (select 1 from ${sql.table(other)} as o where ${belongs})`)

const membersWith = (membership: 'join' | 'invite') =>
  sql`(select count(*) from memberships as m where m.room_id = t.room_id and m.membership = ${sql.lit(membership)})`
const mediaOfUser = (figure: RawBuilder<unknown>) =>
  sql`(select ${figure} from media as m where m.user_id = t.user_id)`
const isEvent = sql`o.position = t.position and o.event_id = t.event_id`

export const wrongMemberCounts = rowsWhere(
  'rooms',
  'room_id',
  sql`t.joined_count <> ${membersWith('join')} or t.invited_count <> ${membersWith('invite')}`,
)

export const wrongMediaUsage = rowsWhere(
  'media_usage',
  'user_id',
  sql`t.files <> ${mediaOfUser(sql`count(*)`)} or t.bytes <> ${mediaOfUser(sql`coalesce(sum(m.size), 0)`)}`,
)

export const wrongContentUses = rowsWhere(
  'media_contents',
  'content_hash',
  sql`t.uses <> (select count(*) from media as m where m.content_hash = t.content_hash)`,
)

/** Positions above the last one would be given again. */
export const positionsAboveStream = rowsWhere(
  'receipts',
  'user_id',
  sql`t.position > (select max(position) from stream) and t.position > (select coalesce(max(position), 0) from events)`,
)

export const eventsWithoutRoom = rowsWithout('events', 'event_id', {
  other: 'rooms',
  belongs: sql`o.room_id = t.room_id`,
})

export const stateWithoutEvent = rowsWithout('current_state', 'event_id', {
  other: 'events',
  belongs: isEvent,
})

export const membersWithoutEvent = rowsWithout('memberships', 'event_id', {
  other: 'events',
  belongs: isEvent,
})

export const devicesWithoutUser = rowsWithout('devices', 'user_id', {
  other: 'users',
  belongs: sql`o.user_id = t.user_id`,
})

export const tokensWithoutDevice = rowsWithout('access_tokens', 'user_id', {
  other: 'devices',
  belongs: sql`o.user_id = t.user_id and o.device_id = t.device_id`,
})

export const pushersWithoutLane = rowsWithout('pushers', 'user_id', {
  other: 'lanes',
  belongs: sql`o.lane_id = t.pusher_id`,
})

export const itemsWithoutLane = rowsWithout('lane_items', 'lane_id', {
  other: 'lanes',
  belongs: sql`o.lane_id = t.lane_id`,
})

export const readPositionsMissing = rowsWhere(
  'memberships',
  'user_id',
  sql`t.membership = 'join' and not exists (
    select 1 from read_positions as r where r.user_id = t.user_id and r.room_id = t.room_id and r.thread_id = '')`,
)

export const mediaWithoutContent = rowsWhere(
  'media',
  'media_id',
  sql`t.content_hash is not null and not exists (select 1 from media_contents as c where c.content_hash = t.content_hash)`,
)

/** The numbers that describe a database, for a comparison of two. */
const COUNTED = {
  users: 'users',
  devices: 'devices',
  rooms: 'rooms',
  events: 'events',
  pushers: 'pushers',
  queued: 'lane_items',
  media: 'media',
} as const satisfies Record<string, keyof Schema>

export const databaseCounts = query()((db) =>
  db.selectNoFrom((eb) =>
    Object.entries(COUNTED).map(([name, table]) =>
      eb
        .selectFrom(table)
        .select((inner) => inner.fn.countAll<number>().as('n'))
        .as(name),
    ),
  ),
)

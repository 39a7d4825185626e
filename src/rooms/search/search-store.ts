import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { query, type Query } from '../../storage/query.ts'

type Scan = {
  /** The condition for the words, in the language of FTS5 and in that of a tsquery. */
  match: string
  tsquery: string
  /** Only events before this position. */
  below: number
  limit: number
}

type Conditions = {
  positions: readonly number[]
  roomIds: readonly RoomId[]
  types: readonly string[]
  ignored: readonly string[]
  limit: number
}

export type Match = typeof matchesAmong extends Query<infer _P, infer R> ? R : never

/** The rooms where the user has or had a membership, without forgotten rooms. */
export const roomsToSearch = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('memberships').select('room_id').where('user_id', '=', p.userId).where('forgotten', '=', 0),
)

/** The positions of the newest events with the words. Without a join, so that the limit bounds what is read. */
export const eventsWithWords = query<Scan>()((db, p, d) =>
  db
    .selectFrom('search_index as s')
    .select('s.rowid')
    .where(
      d.name === 'sqlite'
        ? sql<boolean>`s.search_index match ${p.match}`
        : sql<boolean>`s.words @@ cast(${p.tsquery} as tsquery)`,
    )
    .where('s.rowid', '<', p.below)
    .orderBy('s.rowid', 'desc')
    .limit(p.limit),
)

/**
 * The newest of some indexed events that are in the rooms and fulfil the conditions, with the position of the edit that applies. Not all of them are
 * visible to the user.
 */
export const matchesAmong = query<Conditions>()((db, p, d) =>
  db
    .selectFrom('events as e')
    .innerJoin('search_entries as n', 'n.position', 'e.position')
    .select(['e.position', 'e.event_id', 'e.room_id', 'e.type', 'e.sender', 'n.word_count'])
    .select((eb) =>
      eb
        .selectFrom('edits as d')
        .select((inner) => inner.fn.max('d.edit_position').as('position'))
        .whereRef('d.position', '=', 'e.position')
        .as('edit_position'),
    )
    .where('e.position', 'in', d.numbers(p.positions))
    // An expression, so that no plan looks up each position in each room in the index of rooms.
    .where(sql<boolean>`e.room_id || '' in ${d.list(p.roomIds)}`)
    .where('e.type', 'in', d.list(p.types))
    .where('e.sender', 'not in', d.list(p.ignored) as RawBuilder<UserId>)
    .orderBy('e.position', 'desc')
    .limit(p.limit),
)

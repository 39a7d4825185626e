import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { type Dialect, query, type Query } from '../../storage/query.ts'
import type { Schema } from '../../storage/schema.ts'

/** The condition for the words, in the language of FTS5 and in that of a tsquery. */
type Words = { match: string; tsquery: string }

type Scan = Words & {
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

/** The rooms where the user is or was joined, without forgotten rooms. */
export const roomsToSearch = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('room_id')
    .where('user_id', '=', p.userId)
    .where('forgotten', '=', 0)
    .where((eb) => eb.or([eb('membership', '=', 'join'), eb('sharing_position', '>', 0)]))
    .orderBy('room_id'),
)

/** The maximum number of events that PostgreSQL sorts in a look-up. */
export const MAX_SORTED = 30_000

const hasWords = (d: Dialect, p: Words): RawBuilder<boolean> =>
  d.name === 'sqlite'
    ? sql<boolean>`search_index match ${p.match}`
    : sql<boolean>`words @@ cast(${p.tsquery} as tsquery)`

/**
 * The positions of the newest events with the words. Without a join, so that the limit bounds what is read.
 * FTS5 finds them in their order. The index of PostgreSQL does not, so at most `MAX_SORTED` and one are read
 * and sorted; above `MAX_SORTED`, `total` is greater, and the rows are not the newest. The limit is a part of
 * the text: for a limit that it does not know, PostgreSQL would plan to read the table instead of the index.
 */
export const eventsWithWords = query<Scan>()((db, p, d) => {
  const found = db
    .selectFrom('search_index')
    .select('rowid')
    .where(hasWords(d, p))
    .where('rowid', '<', p.below)
  if (d.name === 'sqlite')
    return found
      .select(sql<number>`0`.as('total'))
      .orderBy('rowid', 'desc')
      .limit(p.limit)
  return db
    .with(
      (cte) => cte('found').materialized(),
      () => found.limit(sql.lit(MAX_SORTED + 1)),
    )
    .selectFrom('found')
    .select('rowid')
    .select((eb) =>
      eb
        .selectFrom('found')
        .select((one) => one.fn.countAll<number>().as('count'))
        .as('total'),
    )
    .$castTo<{ rowid: number; total: number }>()
    .orderBy('rowid', 'desc')
    .limit(p.limit)
})

/** The position of the newest event with the words. On PostgreSQL it reads all of them. */
export const newestOfAll = query<Words & { below: number }>()((db, p, d) =>
  db
    .selectFrom('search_index')
    .select((eb) => eb.fn.max('rowid').as('rowid'))
    .where(hasWords(d, p))
    .where('rowid', '<', p.below),
)

type Window = { below: number; size: number }

const windowOf = (db: Pick<Kysely<Schema>, 'selectFrom'>, p: Window) =>
  db
    .selectFrom('search_entries')
    .select('position')
    .where('position', '<', p.below)
    .orderBy('position', 'desc')
    .limit(p.size)

/** The events with the words among the newest `size` events of the index, in all rooms. */
export const newestWithWords = query<Words & Window>()((db, p, d) =>
  db
    .selectFrom(windowOf(db, p).as('w'))
    .select('w.position as rowid')
    .where(
      d.name === 'sqlite'
        ? sql<boolean>`w.position in (select rowid from search_index where search_index match ${p.match})`
        : // Not the index, which would collect the words of all events.
          sql<boolean>`(select s.words from search_index as s where s.rowid = w.position) @@ cast(${p.tsquery} as tsquery)`,
    )
    .orderBy('w.position', 'desc'),
)

/** The position of the newest indexed event before `below`, or of the one that is `place` - 1 places before it. */
export const entryAt = query<{ below: number; place: number }>()((db, p) =>
  windowOf(db, { below: p.below, size: p.place })
    .select('position as rowid')
    .limit(1)
    .offset(sql<number>`${p.place} - 1`),
)

/**
 * The newest of some indexed events that are in the rooms and fulfil the conditions, with the position of the
 * edit that applies. Not all of them are visible to the user.
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

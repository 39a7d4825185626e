import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { query, type Query } from '../../storage/query.ts'

type Search = {
  /** The condition for the words, in the language of FTS5 and in that of a tsquery. */
  match: string
  tsquery: string
  userId: UserId
  types: readonly string[]
  ignored: readonly string[]
  /** Only events before this position. */
  below: number
  limit: number
}

export type Match = typeof matchesInAllRooms extends Query<infer _P, infer R> ? R : never

const searching = (inRooms: boolean) =>
  query<Search & { roomIds: readonly RoomId[] }>()((db, p, d) =>
    db
      .selectFrom('search_index as s')
      .innerJoin('search_entries as n', 'n.position', 's.rowid')
      .innerJoin('events as e', 'e.position', 's.rowid')
      .innerJoin('memberships as m', (join) =>
        join.onRef('m.room_id', '=', 'e.room_id').on('m.user_id', '=', p.userId),
      )
      .select(['e.position', 'e.event_id', 'e.room_id', 'e.type', 'e.sender', 'n.word_count'])
      .where(
        d.name === 'sqlite'
          ? sql<boolean>`s.search_index match ${p.match}`
          : sql<boolean>`s.words @@ cast(${p.tsquery} as tsquery)`,
      )
      .where('s.rowid', '<', p.below)
      .where('m.forgotten', '=', 0)
      .where('e.type', 'in', d.list(p.types))
      .where('e.sender', 'not in', d.list(p.ignored) as RawBuilder<UserId>)
      .$if(inRooms, (of) => of.where('e.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>))
      .orderBy('s.rowid', 'desc')
      .limit(p.limit),
  )

/** The newest events with the words, in rooms where the user has or had a membership. Not all of them are visible to the user. */
export const matchesInAllRooms = searching(false)
export const matchesInRooms = searching(true)

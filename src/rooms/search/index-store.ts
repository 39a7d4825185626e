import { sql } from 'kysely'
import { query } from '../../storage/query.ts'
import { pointColumn } from '../../storage/stream.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'

/** The types of events that are indexed, as an SQL list. `content.body`, `content.name` and `content.topic`. */
const INDEXED_TYPES = sql`('m.room.message', 'm.room.name', 'm.room.topic')`

/** How far the index goes, and the point of the server. */
export const progress = query()((db, _, d) =>
  db
    .selectFrom('search_progress as p')
    .select(['p.position', 'p.point'])
    .select((eb) => eb.selectFrom('stream').select(pointColumn(d).as('last')).as('last')),
)

/** Locks the index until the commit, and returns how far it goes. On PostgreSQL an event and its index would otherwise be written at the same time. */
export const lockIndex = query()((db) =>
  db
    .updateTable('search_progress')
    .set((eb) => ({ position: eb.ref('position') }))
    .returning(['position', 'point']),
)

export const setProgress = query<{ position: number; point: string | null }>()((db, p) =>
  db.updateTable('search_progress').set({ position: p.position, point: p.point }),
)

type Range = { from: StreamPoint; to: StreamPoint }

/** Events after `from`, up to `to`, that can be searched, with the content of the edit that applies. */
export const searchableEvents = query<Range>()((db, p, d) =>
  db
    .selectFrom('events as e')
    .select(['e.position', 'e.room_id', 'e.type', 'e.content'])
    .select((eb) =>
      eb
        .selectFrom('edits as d')
        .innerJoin('events as x', 'x.position', 'd.edit_position')
        .select('x.content')
        .whereRef('d.position', '=', 'e.position')
        .orderBy('d.edit_position', 'desc')
        .limit(sql.lit(1))
        .as('edit'),
    )
    .where(d.isAfter('e.position', p.from))
    .where(d.isUpTo('e.position', p.to))
    .where(sql<boolean>`e.type in ${INDEXED_TYPES}`)
    .where('e.redacted_by', 'is', null)
    .orderBy('e.position'),
)

/** The first event after a point. */
export const nextEvent = query<{ after: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('events')
    .select('position')
    .where(d.isAfter('position', p.after))
    .orderBy('position')
    .limit(sql.lit(1)),
)

/** By the ids of the rows, because FTS5 reads the whole table for a range. */
export const deleteIndexed = query<Range>()((db, p, d) =>
  db
    .deleteFrom('search_index')
    .where('rowid', 'in', (eb) =>
      eb
        .selectFrom('search_entries as n')
        .select('n.position')
        .where(d.isAfter('n.position', p.from))
        .where(d.isUpTo('n.position', p.to)),
    ),
)

export const deleteEntries = query<Range>()((db, p, d) =>
  db.deleteFrom('search_entries').where(d.isAfter('position', p.from)).where(d.isUpTo('position', p.to)),
)

export const insertIndexed = query<{ position: number; words: readonly string[] }>()((db, p, d) =>
  db.insertInto('search_index').values({
    rowid: p.position,
    words:
      d.name === 'sqlite'
        ? sql<string>`(select group_concat(value, ' ') from ${d.list(p.words)})`
        : sql<string>`array_to_tsvector(array${d.list(p.words)})`,
  }),
)

export const insertEntry = query<{ position: number; wordCount: number }>()((db, p) =>
  db.insertInto('search_entries').values({ position: p.position, word_count: p.wordCount }),
)

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

/**
 * Locks the index until the commit, and returns how far it goes. On PostgreSQL an event and its index would
 * otherwise be written at the same time.
 */
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

/** `words`: of the text and of the room, as JSON. */
type IndexedEvent = { position: number; words: string; wordCount: number }

const COLUMNS = { position: 'integer', words: 'text', wordCount: 'integer' } as const

export const insertIndexed = query<{ events: readonly IndexedEvent[] }>()((db, p, d) =>
  db
    .insertInto('search_index')
    .columns(['rowid', 'words'])
    .expression(
      db
        .selectFrom(d.rows(p.events, COLUMNS).as('n'))
        .select([
          'n.position',
          (d.name === 'sqlite'
            ? sql<string>`(select group_concat(value, ' ') from json_each(n.words))`
            : sql<string>`array_to_tsvector(array(select jsonb_array_elements_text(n.words::jsonb)))`
          ).as('words'),
        ]),
    ),
)

export const insertEntries = query<{ events: readonly IndexedEvent[] }>()((db, p, d) =>
  db
    .insertInto('search_entries')
    .columns(['position', 'word_count'])
    .expression(
      db
        .selectFrom(d.rows(p.events, COLUMNS).as('n'))
        .select(['n.position', sql.ref<number>('n.wordCount').as('word_count')]),
    ),
)

/** The index of events that are removed. */
export const deleteIndexedAt = query<{ positions: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('search_index').where('rowid', 'in', d.numbers(p.positions)),
)

export const deleteEntriesAt = query<{ positions: readonly number[] }>()((db, p, d) =>
  db.deleteFrom('search_entries').where('position', 'in', d.numbers(p.positions)),
)

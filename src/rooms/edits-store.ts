import { sql } from 'kysely'
import { query } from '../storage/query.ts'

type Edit = {
  /** The position of the message. */
  position: number
  /** The position of the event that replaces its content. */
  editPosition: number
}

export const insertEdit = query<Edit>()((db, p) =>
  db.insertInto('edits').values({ position: p.position, edit_position: p.editPosition }),
)

export const deleteEdit = query<Edit>()((db, p) =>
  db.deleteFrom('edits').where('position', '=', p.position).where('edit_position', '=', p.editPosition),
)

/** The newest edit of each message up to a position. */
export const editsUpTo = query<{ places: readonly { position: number; last: number }[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.places, { position: 'integer', last: 'integer' }).as('g'))
    .innerJoin('edits as d', (join) =>
      join.onRef('d.position', '=', 'g.position').onRef('d.edit_position', '<=', 'g.last'),
    )
    .select(['d.position', sql<number>`max(d.edit_position)`.as('edit_position')])
    .groupBy('d.position'),
)

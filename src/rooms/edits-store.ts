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

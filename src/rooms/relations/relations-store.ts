import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { UserId } from '../../lib/ids.ts'
import { type Dialect, query } from '../../storage/query.ts'
import type { Schema } from '../../storage/schema.ts'
import { EVENT_COLUMNS } from '../event-row.ts'

/** The number of relations that lead from a child to its furthest stored parent. The specification asks for 3. */
export const MAX_DEPTH = 3

export type NewRelation = {
  parent: number
  position: number
  relType: string
  eventType: string
  sender: UserId
  annotationKey: string | null
}

const COLUMNS = ['parent', 'position', 'depth', 'rel_type', 'event_type', 'sender', 'annotation_key'] as const

/** Inserts the relation of an event to its parent, and to the parents of that. */
export const insertRelation = query<NewRelation>()((db, p, d) => {
  const child = sql`${d.integer(p.position)}`
  const described = sql`${d.text(p.relType)}, ${d.text(p.eventType)}, ${d.text(p.sender)}`
  return db
    .insertInto('relations')
    .columns(COLUMNS)
    .expression(
      sql`select ${d.integer(p.parent)}, ${child}, 1, ${described}, ${d.text(p.annotationKey)}
      union all select r.parent, ${child}, r.depth + 1, ${described}, cast(null as text)
      from relations as r where r.position = ${d.integer(p.parent)} and r.depth < ${sql.lit(MAX_DEPTH)}`,
    )
})

type Annotation = Pick<NewRelation, 'parent' | 'sender' | 'eventType'> & { annotationKey: string }

/** An annotation of the event by the same user, of the same type and with the same key. */
export const sameAnnotation = query<Annotation>()((db, p) =>
  db
    .selectFrom('relations')
    .select('position')
    .where('parent', '=', p.parent)
    .where('sender', '=', p.sender)
    .where('event_type', '=', p.eventType)
    .where('annotation_key', '=', p.annotationKey)
    .where('annotation_key', 'is not', null)
    .limit(1),
)

/** Deletes the relations that pass through an event: those of its children to its parents. */
export const deleteRelationsThrough = query<{ position: number }>()((db, p) =>
  db
    .deleteFrom('relations')
    .where('parent', 'in', (eb) =>
      eb.selectFrom('relations as up').select('up.parent').where('up.position', '=', p.position),
    )
    .where('position', 'in', (eb) =>
      eb.selectFrom('relations as down').select('down.position').where('down.parent', '=', p.position),
    ),
)

/** Deletes the relations of an event to its parents. Those of its children to it stay. */
export const deleteRelationsOf = query<{ position: number }>()((db, p) =>
  db.deleteFrom('relations').where('position', '=', p.position),
)

/** Children at positions `low` to `high`, both included, up to `depth`, without those of some senders. */
type Children = {
  parent: number
  depth: number
  low: number
  high: number
  ignored: readonly string[]
  limit: number
}
type ChildrenOfType = Children & { relType: string }
type ChildrenOfTypes = ChildrenOfType & { eventType: string }

type Direction = 'asc' | 'desc'

const children = (direction: Direction) => (db: QueryCreator<Schema>, p: Children, d: Dialect) =>
  db
    .selectFrom('relations as r')
    .innerJoin('events', 'events.position', 'r.position')
    .select(EVENT_COLUMNS)
    .where('r.parent', '=', p.parent)
    .where('r.position', '>=', p.low)
    .where('r.position', '<=', p.high)
    .where('r.depth', '<=', p.depth)
    .where('r.sender', 'not in', d.list(p.ignored) as RawBuilder<UserId>)
    .orderBy('r.position', direction)
    .limit(p.limit)

const childrenQuery = (direction: Direction) => query<Children>()(children(direction))

const childrenOfTypeQuery = (direction: Direction) =>
  query<ChildrenOfType>()((db, p, d) => children(direction)(db, p, d).where('r.rel_type', '=', p.relType))

const childrenOfTypesQuery = (direction: Direction) =>
  query<ChildrenOfTypes>()((db, p, d) =>
    children(direction)(db, p, d).where('r.rel_type', '=', p.relType).where('r.event_type', '=', p.eventType),
  )

export const latestChildren = childrenQuery('desc')
export const earliestChildren = childrenQuery('asc')
export const latestChildrenOfType = childrenOfTypeQuery('desc')
export const earliestChildrenOfType = childrenOfTypeQuery('asc')
export const latestChildrenOfTypes = childrenOfTypesQuery('desc')
export const earliestChildrenOfTypes = childrenOfTypesQuery('asc')

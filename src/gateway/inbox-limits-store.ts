import type { QueryCreator } from 'kysely'
import { query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import type { InboxKey } from './inbox.ts'

type Kept = { entries: number; bytes: number }

/** The entries of a user, each with the number and the bytes of all entries from the newest down to it. */
const counted = (db: QueryCreator<Schema>, userId: string) =>
  db
    .selectFrom('inbox')
    .select((eb) => [
      'entry_id',
      eb.fn
        .sum<number>('bytes')
        .over((over) => over.orderBy('entry_id', 'desc'))
        .as('bytes'),
      eb.fn
        .agg<number>('row_number')
        .over((over) => over.orderBy('entry_id', 'desc'))
        .as('entries'),
    ])
    .where('user_id', '=', userId)

/** Removes all entries of an inbox except the newest, by number and bytes. */
export const trimInbox = query<InboxKey & Kept>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('user_id', '=', p.userId)
    .where('pushkey', '=', p.pushkey)
    .where('entry_id', '<=', () =>
      db
        .selectFrom(counted(db, p.userId).where('pushkey', '=', p.pushkey).as('c'))
        .select((eb) => eb.fn.max('c.entry_id').as('last'))
        .where((eb) => eb.or([eb('c.bytes', '>', p.bytes), eb('c.entries', '>', p.entries)])),
    ),
)

/** The same for all inboxes of a user. */
export const trimUser = query<{ userId: string } & Kept>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('user_id', '=', p.userId)
    .where('entry_id', '<=', () =>
      db
        .selectFrom(counted(db, p.userId).as('c'))
        .select((eb) => eb.fn.max('c.entry_id').as('last'))
        .where((eb) => eb.or([eb('c.bytes', '>', p.bytes), eb('c.entries', '>', p.entries)])),
    ),
)

/** The sizes of all inboxes of a user. */
export const sizesOf = query<{ userId: string }>()((db, p) =>
  db
    .selectFrom('inbox')
    .select((eb) => [
      'pushkey',
      eb.fn.countAll<number>().as('entries'),
      eb.fn.sum<number>('bytes').as('bytes'),
    ])
    .where('user_id', '=', p.userId)
    .groupBy('pushkey'),
)

export const allBytes = query<Record<never, never>>()((db) =>
  db.selectFrom('inbox').select((eb) => eb.fn.sum<number>('bytes').as('bytes')),
)

/** Removes the oldest entries until `surplus` bytes are gone, but at most `limit` entries. */
export const dropOldest = query<{ surplus: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('inbox')
    .where('entry_id', 'in', () =>
      db
        .selectFrom(
          db
            .selectFrom('inbox')
            .select((eb) => [
              'entry_id',
              'bytes',
              eb.fn
                .sum<number>('bytes')
                .over((over) => over.orderBy('entry_id'))
                .as('total'),
            ])
            .orderBy('entry_id')
            .limit(p.limit)
            .as('c'),
        )
        .select('c.entry_id')
        .where((eb) => eb(eb('c.total', '-', eb.ref('c.bytes')), '<', p.surplus)),
    )
    .returning('bytes'),
)

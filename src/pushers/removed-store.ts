import type { Selectable } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { RemovedPushersTable } from '../storage/pushers-schema.ts'

export type RemovedRow = Selectable<RemovedPushersTable>

const COPIED = [
  'user_id',
  'app_id',
  'pushkey',
  'kind',
  'app_display_name',
  'device_display_name',
  'device_id',
  'handle',
] as const
/** Columns of the lane. */
const COPIED_STATE = ['last_success_at', 'failing_since', 'last_error'] as const

/** Stores a note about pushers that are about to be removed. */
export const insertRemovedPushers = query<{ pusherIds: readonly number[]; reason: string; now: number }>()(
  (db, p, d) =>
    db
      .insertInto('removed_pushers')
      .columns([...COPIED, ...COPIED_STATE, 'reason', 'removed_at'])
      .expression(
        db
          .selectFrom('pushers')
          .innerJoin('lanes', 'lane_id', 'pusher_id')
          .where('pusher_id', 'in', d.numbers(p.pusherIds))
          .select(COPIED.map((column) => `pushers.${column}` as const))
          .select([...COPIED_STATE, d.text(p.reason).as('reason'), d.integer(p.now).as('removed_at')])
          .orderBy('pusher_id'),
      ),
)

/** Deletes all but the newest notes of a user: repeated creation and deletion must not fill the table. */
export const trimRemoved = query<{ userId: UserId; keep: number }>()((db, p) =>
  db
    .deleteFrom('removed_pushers')
    .where('user_id', '=', p.userId)
    .where('removed_id', '<=', (eb) =>
      eb
        .selectFrom('removed_pushers')
        .select('removed_id')
        .where('user_id', '=', p.userId)
        .orderBy('removed_id', 'desc')
        .limit(1)
        .offset(p.keep),
    ),
)

/** Newest first. */
export const removedOfUser = query<{ userId: UserId; since: number; limit: number }>()((db, p) =>
  db
    .selectFrom('removed_pushers')
    .selectAll()
    .where('user_id', '=', p.userId)
    .where('removed_at', '>=', p.since)
    .orderBy('removed_id', 'desc')
    .limit(p.limit),
)

/** Of all users, newest first. */
export const removedOfAll = query<{ since: number; limit: number }>()((db, p) =>
  db
    .selectFrom('removed_pushers')
    .selectAll()
    .where('removed_at', '>=', p.since)
    .orderBy('removed_at', 'desc')
    .orderBy('removed_id', 'desc')
    .limit(p.limit),
)

export const deleteOldRemoved = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('removed_pushers')
    .where('removed_id', 'in', (eb) =>
      eb
        .selectFrom('removed_pushers')
        .select('removed_id')
        .where('removed_at', '<', p.before)
        .orderBy('removed_at')
        .limit(p.limit),
    ),
)

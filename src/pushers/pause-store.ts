import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

export const pushersToPause = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where('user_id', '=', p.userId)
    .where('enabled', '=', sql.lit(1))
    .orderBy('pusher_id'),
)

export const pushersToResume = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('pushers')
    .select(['pusher_id', 'disable_badge_count'])
    .where('user_id', '=', p.userId)
    .where('is_paused', '=', sql.lit(1))
    .orderBy('pusher_id'),
)

export const pausePusherRows = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set({ enabled: sql.lit(0), is_paused: sql.lit(1) })
    .where('pusher_id', 'in', d.numbers(p.pusherIds)),
)

export const resumePusherRows = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .updateTable('pushers')
    .set({ enabled: sql.lit(1), is_paused: sql.lit(0) })
    .where('pusher_id', 'in', d.numbers(p.pusherIds)),
)

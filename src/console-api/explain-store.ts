import type { UserId } from '../lib/ids.ts'
import { type Query, query } from '../storage/query.ts'

/** The pushers of a user, and whether the event at a position is still queued for them. `position`: 0 for no event. */
export const pushersAtEvent = query<{ userId: UserId; position: number }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .leftJoin('lane_items as o', (join) =>
      join.onRef('o.lane_id', '=', 'p.pusher_id').on('o.position', '=', p.position),
    )
    .select([
      'p.app_id',
      'p.kind',
      'p.app_display_name',
      'p.device_display_name',
      'p.device_id',
      'p.handle',
      'p.created_at',
      'p.set_at',
      'l.failing_since',
      'p.enabled',
      'p.activated',
      'o.position as queued',
    ])
    .where('p.user_id', '=', p.userId)
    .orderBy('p.pusher_id'),
)

export type PusherAtEvent = typeof pushersAtEvent extends Query<infer _P, infer R> ? R : never

export const ignoredSender = query<{ userId: UserId; ignored: string }>()((db, p) =>
  db
    .selectFrom('ignored_users')
    .select('ignored')
    .where('user_id', '=', p.userId)
    .where('ignored', '=', p.ignored),
)

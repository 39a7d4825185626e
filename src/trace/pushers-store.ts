import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** The data of these pushers to record. The pushkey is used for its hash only. */
export const pushersToRecord = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select([
      'pusher_id',
      'user_id',
      'app_id',
      'pushkey',
      'app_display_name',
      'device_display_name',
      'created_at',
    ])
    .where('pusher_id', 'in', d.numbers(p.pusherIds))
    .orderBy('pusher_id'),
)

type PusherChangeRow = {
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey_hash: string
  app_display_name: string
  device_display_name: string
  created_at: number
}

type NewPusherChanges = {
  at: number
  change: string
  reason: string | null
  rows: readonly PusherChangeRow[]
}

export const insertPusherChanges = query<NewPusherChanges>()((db, p, d) =>
  db
    .insertInto('trace_pushers')
    .columns([
      'pusher_id',
      'user_id',
      'app_id',
      'pushkey_hash',
      'app_display_name',
      'device_display_name',
      'created_at',
      'at',
      'change',
      'reason',
    ])
    .expression(
      db
        .selectFrom(
          d
            .rows(p.rows, {
              pusher_id: 'integer',
              user_id: 'text',
              app_id: 'text',
              pushkey_hash: 'text',
              app_display_name: 'text',
              device_display_name: 'text',
              created_at: 'integer',
            })
            .as('r'),
        )
        .select(['r.pusher_id', 'r.user_id', 'r.app_id', 'r.pushkey_hash'])
        .select(['r.app_display_name', 'r.device_display_name', 'r.created_at'])
        .select([d.integer(p.at).as('at'), d.text(p.change).as('change'), d.text(p.reason).as('reason')]),
    ),
)

/** The recorded changes of the pushers of a user, in order. */
export const pusherChangesOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('trace_pushers').selectAll().where('user_id', '=', p.userId).orderBy('entry_id'),
)

export const deletePusherChanges = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('trace_pushers').where('user_id', '=', p.userId),
)

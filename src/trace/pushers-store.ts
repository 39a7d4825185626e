import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** Who these pushers are. The pushkey is for its hash alone. */
export const pushersToNote = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
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

type NoteRow = {
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey_hash: string
  app_display_name: string
  device_display_name: string
  created_at: number
}

type NewNotes = { at: number; change: string; reason: string | null; rows: readonly NoteRow[] }

export const insertPusherNotes = query<NewNotes>()((db, p, d) =>
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

/** What happened to the pushers of a user, in its order. */
export const pusherNotesOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('trace_pushers').selectAll().where('user_id', '=', p.userId).orderBy('entry_id'),
)

export const forgetPusherNotes = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('trace_pushers').where('user_id', '=', p.userId),
)

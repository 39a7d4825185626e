import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** Adds a handle that has rules. If no pusher holds it, its retention period begins now. */
export const addHandle = query<{ userId: UserId; handle: string; now: number }>()((db, p, d) =>
  db
    .insertInto('device_rule_sets')
    .values((eb) => ({
      user_id: p.userId,
      handle: p.handle,
      unheld_since: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('pushers')
              .select('pusher_id')
              .where('user_id', '=', d.text(p.userId) as RawBuilder<UserId>)
              .where('handle', '=', d.text(p.handle)),
          ),
        )
        .then(sql.lit(null))
        .else(d.integer(p.now))
        .end(),
    }))
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'handle'])
        .doUpdateSet((eb) => ({ unheld_since: eb.ref('excluded.unheld_since') })),
    ),
)

/** Deletes the handles of a user that have no rules left. */
export const deleteEmptyHandles = query<{ userId: UserId }>()((db, p) =>
  db
    .deleteFrom('device_rule_sets')
    .where('user_id', '=', p.userId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('push_rules as r')
            .select('r.rule_id')
            .whereRef('r.user_id', '=', 'device_rule_sets.user_id')
            .whereRef('r.scope', '=', 'device_rule_sets.handle'),
        ),
      ),
    ),
)

/** Updates for each handle with rules whether a pusher holds it, and since when none does. */
export const updateUnheldHandles = query<{ userId: UserId; now: number }>()((db, p, d) =>
  db
    .updateTable('device_rule_sets')
    .set((eb) => ({
      unheld_since: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('pushers as h')
              .select('h.pusher_id')
              .whereRef('h.user_id', '=', 'device_rule_sets.user_id')
              .whereRef('h.handle', '=', 'device_rule_sets.handle'),
          ),
        )
        .then(sql.lit(null))
        .else(eb.fn.coalesce('unheld_since', d.integer(p.now)))
        .end(),
    }))
    .where('user_id', '=', p.userId),
)

/** Handles that no pusher has held since before `before`, oldest first. */
export const unheldHandles = query<{ before: number; limit: number }>()((db, p) =>
  db
    .selectFrom('device_rule_sets')
    .select(['user_id', 'handle'])
    .where('unheld_since', 'is not', null)
    .where('unheld_since', '<', p.before)
    .orderBy('unheld_since')
    .limit(p.limit),
)

/** Those of the handles of a user that no pusher has held since before `before`. */
export const unheldAmong = query<{ userId: UserId; handles: readonly string[]; before: number }>()(
  (db, p, d) =>
    db
      .selectFrom('device_rule_sets')
      .select('handle')
      .where('user_id', '=', p.userId)
      .where('handle', 'in', d.list(p.handles))
      .where('unheld_since', 'is not', null)
      .where('unheld_since', '<', p.before),
)

import { sql } from 'kysely'
import { query } from '../storage/query.ts'

type Claiming = {
  keys: readonly { message_key: string }[]
  holder: string
  now: number
  until: number
}

/**
 * Claims these notifications, except those that another process has claimed and those with a result. One that
 * was rejected can be claimed: its pushkey may have been set again. The keys come in order, so that two
 * processes lock them in the same order.
 */
export const claimMessages = query<Claiming>()((db, p, d) =>
  db
    .insertInto('gateway_claims')
    .columns(['message_key', 'holder', 'until'])
    .expression((eb) =>
      eb
        .selectFrom(d.rows(p.keys, { message_key: 'text' }).as('k'))
        .select(['k.message_key', d.text(p.holder).as('holder'), d.integer(p.until).as('until')])
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('gateway_seen as s')
                .select(sql.lit(1).as('one'))
                .whereRef('s.message_key', '=', 'k.message_key')
                .where('s.outcome', '<>', sql.lit('rejected')),
            ),
          ),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('gateway_claims as c')
                .select(sql.lit(1).as('one'))
                .whereRef('c.message_key', '=', 'k.message_key')
                .where('c.until', '>', p.now)
                .where('c.holder', '<>', p.holder),
            ),
          ),
        )
        .orderBy('k.message_key'),
    )
    .onConflict((conflict) =>
      conflict
        .column('message_key')
        .doUpdateSet((eb) => ({ holder: eb.ref('excluded.holder'), until: eb.ref('excluded.until') }))
        .where((eb) =>
          eb.or([eb('gateway_claims.until', '<=', p.now), eb('gateway_claims.holder', '=', p.holder)]),
        ),
    )
    .returning('message_key'),
)

export const endClaims = query<{ keys: readonly string[]; holder: string }>()((db, p, d) =>
  db.deleteFrom('gateway_claims').where('message_key', 'in', d.list(p.keys)).where('holder', '=', p.holder),
)

/** The claims of processes that are not among `processes`. */
export const endClaimsOfDead = query()((db) =>
  db
    .deleteFrom('gateway_claims')
    .where('holder', 'not in', (eb) => eb.selectFrom('processes').select('process_id')),
)

export const forgetClaims = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('gateway_claims')
    .where('message_key', 'in', (eb) =>
      eb
        .selectFrom('gateway_claims')
        .select('message_key')
        .where('until', '<', p.before)
        .orderBy('until')
        .limit(p.limit),
    ),
)

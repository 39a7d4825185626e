import { sql } from 'kysely'
import { query } from '../storage/query.ts'

/** The name of the server that this database belongs to. */
export const storedServerName = query()((db) => db.selectFrom('server').select('name').where('id', '=', 1))

/** Changes no row when the database already has a name. */
export const insertServerName = query<{ name: string; now: number }>()((db, p) =>
  db
    .insertInto('server')
    .values({ id: 1, name: p.name, created_at: p.now })
    .onConflict((conflict) => conflict.column('id').doNothing()),
)

/** Any user whose id ends with none of these server names. */
export const userOfOtherServer = query<{ names: readonly { name: string }[] }>()((db, p, d) =>
  db
    .selectFrom('users as u')
    .select('u.user_id')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom(d.rows(p.names, { name: 'text' }).as('known'))
            .select('known.name')
            .where(
              sql<boolean>`substr(u.user_id, length(u.user_id) - length(known.name)) = ':' || known.name`,
            ),
        ),
      ),
    )
    .limit(1),
)

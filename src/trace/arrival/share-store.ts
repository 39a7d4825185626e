import { sql } from 'kysely'
import { query } from '../../storage/query.ts'

/** The app and the gateway of each pusher. */
export const destinationsOf = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .select(['p.pusher_id', 'p.user_id', 'p.app_id', 'l.destination'])
    .where('p.pusher_id', 'in', d.numbers(p.pusherIds)),
)

export const groupsOfPeriod = query<{ period: number }>()((db, p) =>
  db.selectFrom('arrival_shares').select(['gateway', 'app_id']).where('period', '=', p.period),
)

export type ShareCount = {
  gateway: string
  app_id: string
  arrived: number
  not_seen: number
  single_user: string
}

export const addToShares = query<{ period: number; rows: readonly ShareCount[] }>()((db, p, d) =>
  db
    .insertInto('arrival_shares')
    .columns(['period', 'gateway', 'app_id', 'arrived', 'not_seen', 'single_user'])
    .expression((eb) =>
      eb
        .selectFrom(
          d
            .rows(p.rows, {
              gateway: 'text',
              app_id: 'text',
              arrived: 'integer',
              not_seen: 'integer',
              single_user: 'text',
            })
            .as('r'),
        )
        .select([
          d.integer(p.period).as('period'),
          'r.gateway',
          'r.app_id',
          'r.arrived',
          'r.not_seen',
          'r.single_user',
        ])
        // Without a condition SQLite would read `on conflict` as part of a join.
        .where((e) => e.lit(true)),
    )
    .onConflict((oc) =>
      oc.columns(['period', 'gateway', 'app_id']).doUpdateSet({
        arrived: sql<number>`arrival_shares.arrived + excluded.arrived`,
        not_seen: sql<number>`arrival_shares.not_seen + excluded.not_seen`,
        single_user: sql<string>`case when arrival_shares.single_user = excluded.single_user
          then excluded.single_user else '' end`,
      }),
    ),
)

export const sharesAfter = query<{ after: number }>()((db, p) =>
  db
    .selectFrom('arrival_shares')
    .selectAll()
    .where('period', '>', p.after)
    .orderBy('period')
    .orderBy('gateway')
    .orderBy('app_id'),
)

export const deleteSharesUpTo = query<{ period: number }>()((db, p) =>
  db.deleteFrom('arrival_shares').where('period', '<=', p.period),
)

/** For each app and gateway the number of devices with pushes that did not arrive. */
export const devicesNotSeen = query<{ since: number }>()((db, p) =>
  db
    .selectFrom('arrivals as a')
    .innerJoin('pushers as p', 'p.pusher_id', 'a.pusher_id')
    .innerJoin('lanes as l', 'l.lane_id', 'a.pusher_id')
    .where('a.state', '=', sql.lit('not seen' as const))
    .where('a.at', '>', p.since)
    .groupBy(['l.destination', 'p.app_id'])
    .select(['l.destination', 'p.app_id', sql<number>`count(distinct a.pusher_id)`.as('devices')]),
)

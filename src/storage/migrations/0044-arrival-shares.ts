import type { Migration } from '../migration.ts'

/** How many pushes arrived, for each gateway and app. */
export const arrivalShares: Migration = {
  id: 44,
  name: 'arrival-shares',
  statements: ({ int, keyed }) => [
    `create table arrival_shares (
      period ${int} not null, gateway text not null, app_id text not null, arrived ${int} not null, not_seen ${int} not null,
      single_user text not null, primary key (period, gateway, app_id)) ${keyed}`,
    `create index arrivals_not_seen on arrivals (state, at) where state = 'not seen'`,
  ],
}

import type { Migration } from '../migration.ts'

/** The proofs that pokes arrived, and the pokes of which a proof is missing. */
export const arrivals: Migration = {
  id: 43,
  name: 'arrivals',
  statements: ({ int, growing, plain }) => [
    `create table arrivals (
      entry_id ${growing}, position ${int} not null, pusher_id ${int} not null, state text not null, sent_at ${int} not null,
      at ${int} not null, seen_at ${int}, expected ${int} not null) ${plain}`,
    `create unique index arrivals_by_event on arrivals (position, pusher_id)`,
    `create index arrivals_by_pusher on arrivals (pusher_id, entry_id)`,
    `create index arrivals_waiting on arrivals (state, pusher_id) where state = 'waiting'`,
    `create table arrival_progress (id ${int} primary key, up_to ${int} not null, blind_until ${int} not null) ${plain}`,
    `insert into arrival_progress (id, up_to, blind_until) values (1, 0, 0)`,
  ],
}

import type { Migration } from '../migration.ts'

/**
 * Inboxes belong to users. Older entries had no owner and are dropped: they were for tests, and anyone could
 * write them. The queue counts bytes by source.
 */
export const boundedGateway: Migration = {
  id: 10,
  name: 'bounded-gateway',
  statements: ({ int, serial, keyed, plain }) => [
    `drop table inbox`,
    `create table inbox (
      entry_id ${serial}, user_id text not null, pushkey text not null, bytes ${int} not null, received_at ${int} not null,
      notification text not null) ${plain}`,
    `create index inbox_by_pushkey on inbox (user_id, pushkey, entry_id, bytes)`,
    `create index inbox_by_user on inbox (user_id, entry_id, bytes)`,
    `create index inbox_by_age on inbox (received_at, bytes)`,
    `create table opened_inboxes (
      pushkey text not null primary key, user_id text not null, opened_at ${int} not null, used_at ${int} not null) ${keyed}`,
    `create index opened_inboxes_by_user on opened_inboxes (user_id, opened_at)`,
    `create index opened_inboxes_by_use on opened_inboxes (used_at)`,
    `alter table gateway_queue add column user_id text`,
    `alter table gateway_queue add column source text not null default ''`,
    `alter table gateway_queue add column bytes ${int} not null default 0`,
    `update gateway_queue set bytes = length(notification)`,
    `create index gateway_queue_by_source on gateway_queue (source, bytes)`,
  ],
}

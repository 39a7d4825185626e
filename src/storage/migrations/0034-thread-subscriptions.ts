import type { Migration } from '../migration.ts'

/** Subscriptions to threads (MSC4306). */
export const threadSubscriptions: Migration = {
  id: 34,
  name: 'thread-subscriptions',
  statements: ({ int, keyed }) => [
    `create table thread_subscriptions (
      user_id text not null, root text not null, room_id text not null, subscribed ${int} not null,
      automatic ${int} not null, position ${int} not null, primary key (user_id, root)) ${keyed}`,
    `create index thread_subscriptions_in_order on thread_subscriptions (user_id, position)`,
    `create index thread_subscribers on thread_subscriptions (root) where subscribed = 1`,
  ],
}

import type { Migration } from '../migration.ts'

/** The presence of users, and of their connected devices. */
export const presence: Migration = {
  id: 40,
  name: 'presence',
  statements: ({ int, keyed }) => [
    `create table presence (
      user_id text primary key, state text not null, is_active ${int} not null, status_msg text, last_active_at ${int},
      position ${int} not null, due_at ${int}) ${keyed}`,
    `create index presence_in_order on presence (position)`,
    `create index presence_shown on presence (position) where state <> 'offline'`,
    `create index presence_due on presence (due_at) where due_at is not null`,
    `create table presence_devices (
      user_id text not null, device_id text not null, state text not null, polled text, connected_until ${int} not null,
      primary key (user_id, device_id)) ${keyed}`,
  ],
}

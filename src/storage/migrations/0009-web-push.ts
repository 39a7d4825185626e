import type { Migration } from '../migration.ts'

export const webPush: Migration = {
  id: 9,
  name: 'web-push',
  statements: ({ int, plain }) => [
    `alter table pushers add column activated ${int} not null default 1`,
    `alter table pushers add column ack_token text`,
    `alter table pushers add column ack_expires_at ${int}`,
    `alter table pushers add column activation_due ${int} not null default 0`,
    `alter table pushers add column kind_alias text`,
    `create index pushers_to_activate on pushers (pusher_id) where activation_due = 1`,
    `create table server_keys (name text not null primary key, secret text not null, created_at ${int} not null) ${plain}`,
  ],
}

import type { Migration } from '../migration.ts'

export const pusherLife: Migration = {
  id: 4,
  name: 'pusher-life',
  statements: ({ int, serial, plain }) => [
    `alter table pushers add column enabled ${int} not null default 1`,
    `alter table pushers add column disable_badge_count ${int} not null default 0`,
    `create table removed_pushers (
      removed_id ${serial}, user_id text not null, app_id text not null, pushkey text not null, kind text not null,
      app_display_name text not null, device_display_name text not null, device_id text, handle text,
      reason text not null, removed_at ${int} not null, last_success_at ${int}, failing_since ${int},
      last_error text) ${plain}`,
    `create index removed_pushers_by_user on removed_pushers (user_id, removed_id)`,
    `create index removed_pushers_by_age on removed_pushers (removed_at)`,
  ],
}

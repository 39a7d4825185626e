import type { Migration } from '../migration.ts'

/** What a user no longer counts because of their ignore list, and whether a user blocks invitations. */
export const hiddenSenders: Migration = {
  id: 31,
  name: 'hidden-senders',
  statements: ({ int, keyed }) => [
    `create table silenced_outcomes (
      user_id text not null, position ${int} not null, room_id text not null, thread_id text not null,
      sender text not null, is_shared ${int} not null, highlight ${int} not null, actions text not null,
      rule_kind text, rule_id text, primary key (user_id, position)) ${keyed}`,
    `alter table users add column blocks_invitations ${int} not null default 0`,
  ],
}

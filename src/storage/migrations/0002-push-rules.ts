import type { Migration } from '../migration.ts'

export const pushRules: Migration = {
  id: 2,
  name: 'push-rules',
  statements: ({ int, keyed, keysIn }) => [
    `create table push_rules (
      user_id text not null, scope text not null, kind text not null, rule_id text not null, place ${int} not null,
      conditions text, pattern text, actions text not null, enabled ${int} not null,
      primary key (user_id, scope, kind, rule_id)) ${keyed}`,
    `create table default_rule_changes (
      user_id text not null, kind text not null, rule_id text not null, enabled ${int}, actions text,
      primary key (user_id, kind, rule_id)) ${keyed}`,
    `create table rule_sets (
      user_id text primary key, version ${int} not null, has_global ${int} not null, has_device ${int} not null) ${keyed}`,
    `create table device_rule_sets (
      user_id text not null, handle text not null, unheld_since ${int}, primary key (user_id, handle)) ${keyed}`,
    `create index device_rule_sets_unheld on device_rule_sets (unheld_since) where unheld_since is not null`,
    `create table ignored_users (
      user_id text not null, ignored text not null, primary key (user_id, ignored)) ${keyed}`,
    `create index ignored_users_by_ignored on ignored_users (ignored, user_id)`,
    `insert into ignored_users (user_id, ignored)
      select a.user_id, listed.key from account_data a, ${keysIn('a.content', 'ignored_users')}
      where a.type = 'm.ignored_user_list' and a.room_id = '' and listed.key like '@%:%' and listed.key <> a.user_id`,
    `create table cohort_members (
      user_id text not null, room_id text not null, from_position ${int} not null, cohort text not null,
      primary key (user_id, room_id, from_position)) ${keyed}`,
    `create index cohort_outcomes_of_others on cohort_outcomes (position) where cohort <> 'default'`,

    `alter table memberships add column has_rules ${int} not null default 0`,
    `create index memberships_with_rules on memberships (room_id, membership, user_id) where has_rules = 1`,
    `alter table rooms add column rules_version ${int} not null default 0`,
    `alter table events add column joined_count ${int}`,
  ],
}

import type { Migration } from '../migration.ts'

export const first: Migration = {
  id: 1,
  name: 'first',
  statements: ({ int, serial, keyed, plain }) => [
    `create table stream (id ${int} primary key default 1 check (id = 1), position ${int} not null) ${plain}`,
    `insert into stream (id, position) values (1, 0)`,

    `create table users (
      user_id text primary key, password_hash text, displayname text, avatar_url text,
      is_admin ${int} not null default 0, created_at ${int} not null, deactivated_at ${int}) ${plain}`,
    `create table devices (
      user_id text not null, device_id text not null, display_name text, last_seen_ip text, last_seen_ts ${int},
      created_at ${int} not null, primary key (user_id, device_id)) ${keyed}`,
    `create table access_tokens (
      token_hash text primary key, user_id text not null, device_id text not null, created_at ${int} not null) ${keyed}`,
    `create index access_tokens_by_device on access_tokens (user_id, device_id)`,
    `create table account_data (
      user_id text not null, room_id text not null, type text not null, content text not null, position ${int} not null,
      primary key (user_id, room_id, type)) ${keyed}`,
    `create index account_data_by_position on account_data (user_id, position)`,
    `create table filters (
      user_id text not null, filter_id text not null, definition text not null, primary key (user_id, filter_id)) ${keyed}`,

    `create table rooms (
      room_id text primary key, version text not null, creator text not null, created_at ${int} not null,
      joined_count ${int} not null default 0, invited_count ${int} not null default 0) ${plain}`,
    `create table room_aliases (
      alias text primary key, room_id text not null, created_by text not null, created_at ${int} not null) ${keyed}`,
    `create index room_aliases_by_room on room_aliases (room_id)`,

    `create table events (
      position ${int} primary key, event_id text not null unique, room_id text not null, type text not null,
      state_key text, sender text not null, origin_server_ts ${int} not null, content text not null,
      thread_id text not null, replaces_event_id text, redacts text, redacted_by text, sender_device text, txn_id text) ${plain}`,
    `create index events_by_room on events (room_id, position)`,
    `create index events_of_state on events (room_id, type, state_key, position) where state_key is not null`,
    `create index state_changes on events (room_id, position) where state_key is not null`,
    `create unique index events_by_transaction on events (sender, sender_device, room_id, type, txn_id)
      where txn_id is not null`,
    `create table current_state (
      room_id text not null, type text not null, state_key text not null, event_id text not null,
      position ${int} not null, primary key (room_id, type, state_key)) ${keyed}`,
    `create table memberships (
      room_id text not null, user_id text not null, membership text not null, event_id text not null,
      position ${int} not null, displayname text, avatar_url text, name_key text not null, localpart_key text not null,
      has_pushers ${int} not null, forgotten ${int} not null default 0, primary key (room_id, user_id)) ${keyed}`,
    `create index memberships_by_user on memberships (user_id, membership)`,
    `create index memberships_by_name on memberships (room_id, name_key)`,
    `create index memberships_by_localpart on memberships (room_id, localpart_key)`,
    `create index memberships_by_age on memberships (room_id, position) where membership in ('join', 'invite')`,
    `create index memberships_with_pushers on memberships (room_id, membership, user_id) where has_pushers = 1`,

    `create table receipts (
      room_id text not null, user_id text not null, receipt_type text not null, thread_id text not null,
      event_id text not null, event_position ${int} not null, ts ${int} not null, position ${int} not null,
      primary key (room_id, user_id, receipt_type, thread_id)) ${keyed}`,
    `create index receipts_by_position on receipts (room_id, position)`,

    `create table read_positions (
      user_id text not null, room_id text not null, thread_id text not null, position ${int} not null,
      joined_at ${int} not null, primary key (user_id, room_id, thread_id)) ${keyed}`,
    `create table cohort_outcomes (
      room_id text not null, cohort text not null, position ${int} not null, thread_id text not null,
      highlight ${int} not null, actions text not null, rule_kind text not null, rule_id text not null,
      total_notify ${int} not null, total_highlight ${int} not null,
      thread_notify ${int} not null, thread_highlight ${int} not null, retracted ${int} not null default 0,
      primary key (room_id, cohort, position)) ${keyed}`,
    `create index cohort_outcomes_by_thread on cohort_outcomes (room_id, cohort, thread_id, position)`,
    `create index cohort_outcomes_retracted on cohort_outcomes (room_id, cohort, position, thread_id, highlight)
      where retracted = 1`,
    `create index cohort_outcomes_highlighted on cohort_outcomes (room_id, cohort, position, retracted)
      where highlight = 1`,
    `create table cohort_threads (
      room_id text not null, cohort text not null, thread_id text not null, last_position ${int} not null,
      primary key (room_id, cohort, thread_id)) ${keyed}`,
    `create index cohort_threads_by_last on cohort_threads (room_id, cohort, last_position)`,
    `create table exceptions (
      user_id text not null, room_id text not null, position ${int} not null, thread_id text not null,
      notify ${int} not null, highlight ${int} not null, cohort_notify ${int} not null, cohort_highlight ${int} not null,
      actions text not null, rule_kind text, rule_id text, primary key (user_id, room_id, position)) ${keyed}`,
    `create index exceptions_by_event on exceptions (room_id, position)`,
    `create index exceptions_by_user on exceptions (user_id, position)`,
    `create table badge_rooms (
      user_id text not null, room_id text not null, primary key (user_id, room_id)) ${keyed}`,

    `create table pushers (
      pusher_id ${serial}, user_id text not null, app_id text not null, pushkey text not null, kind text not null,
      handle text, handle_is_instance ${int} not null, app_display_name text not null, device_display_name text not null,
      lang text not null, data text not null, url text, device_id text, created_at ${int} not null, set_at ${int} not null,
      failing_since ${int}, attempts ${int} not null default 0, next_attempt_at ${int}, last_error text,
      last_error_at ${int}, last_success_at ${int}, last_badge ${int}, badge_due ${int} not null default 0,
      lease_owner text, lease_until ${int}, unique (user_id, app_id, pushkey)) ${plain}`,
    `create index pushers_by_key on pushers (app_id, pushkey)`,
    `create index pushers_by_device on pushers (user_id, device_id)`,
    `create index pushers_with_badge on pushers (pusher_id) where badge_due > 0`,
    `create index pushers_by_next_attempt on pushers (next_attempt_at) where next_attempt_at is not null`,
    `create table outbox (
      pusher_id ${int} not null, position ${int} not null, created_at ${int} not null,
      primary key (pusher_id, position)) ${keyed}`,
    `create table inbox (
      entry_id ${serial}, pushkey text not null, received_at ${int} not null, notification text not null) ${plain}`,
    `create index inbox_by_pushkey on inbox (pushkey, entry_id)`,
  ],
}

import type { Migration } from '../migration.ts'

// The primary key of each of these tables grows with time, so its two ends give the oldest row and an upper
// bound of the number of rows. Each page that a small transaction changes is costly, so each table has at
// most one more index.
export const trace: Migration = {
  id: 5,
  name: 'trace',
  statements: ({ int, growing, plain }) => [
    `create table trace_steps (
      entry_id ${growing}, position ${int} not null, at ${int} not null, steps text not null) ${plain}`,
    `create index trace_steps_by_event on trace_steps (position)`,
    `create table trace_decisions (
      position ${int} primary key, at ${int} not null, decisions text not null) ${plain}`,
    `create table trace_pushers (
      entry_id ${growing}, pusher_id ${int} not null, user_id text not null, app_id text not null,
      pushkey_hash text not null, app_display_name text not null, device_display_name text not null,
      created_at ${int} not null, at ${int} not null, change text not null, reason text) ${plain}`,
    `create index trace_pushers_by_user on trace_pushers (user_id)`,
    `create table trace_gateway (
      entry_id ${growing}, event_id text not null, app_id text not null, pushkey_hash text not null, at ${int} not null,
      attempt ${int} not null, outcome text not null, reason text, status ${int}, provider_id text, ms ${int}) ${plain}`,
    `create index trace_gateway_by_event on trace_gateway (event_id)`,
  ],
}

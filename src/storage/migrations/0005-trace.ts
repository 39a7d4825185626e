import type { Migration } from '../migrate.ts'

// `entry_id` grows with time in each of these tables: what is oldest, and how much there is, is seen from its two ends.
export const trace: Migration = {
  id: 5,
  name: 'trace',
  statements: ({ int, serial, plain }) => [
    `create table trace_steps (
      entry_id ${serial}, position ${int} not null, pusher_id ${int} not null, at ${int} not null,
      step text not null, reason text, status ${int}, ms ${int}) ${plain}`,
    `create index trace_steps_by_event on trace_steps (position, pusher_id)`,
    `create table trace_decisions (
      entry_id ${serial}, position ${int} not null, cohort text not null, user_id text not null, at ${int} not null,
      reason text not null, rule_kind text, rule_id text) ${plain}`,
    `create index trace_decisions_by_event on trace_decisions (position)`,
    `create table trace_pushers (
      entry_id ${serial}, pusher_id ${int} not null, user_id text not null, app_id text not null,
      pushkey_hash text not null, app_display_name text not null, device_display_name text not null,
      created_at ${int} not null, at ${int} not null, change text not null, reason text) ${plain}`,
    `create index trace_pushers_by_user on trace_pushers (user_id)`,
    `create table trace_gateway (
      entry_id ${serial}, event_id text not null, app_id text not null, pushkey_hash text not null, at ${int} not null,
      attempt ${int} not null, outcome text not null, reason text, status ${int}, provider_id text, ms ${int}) ${plain}`,
    `create index trace_gateway_by_event on trace_gateway (event_id)`,
  ],
}

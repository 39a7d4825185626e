import type { ColumnTypes, Migration } from '../migration.ts'

/**
 * The state of sending moves from `pushers` to `lanes`, and the table outbox becomes `lane_items`. The id of
 * a pusher is the id of its lane. The outbox is renamed, not copied, because it can be long.
 */
export const lanes: Migration = {
  id: 19,
  name: 'lanes',
  statements: (types) => [
    ...makeLanes(types),
    ...moveState(types),
    ...renameOutbox(types),
    ...trimPushers(types),
  ],
}

const makeLanes = ({ int, serial, plain }: ColumnTypes) => [
  `create table lanes (
    lane_id ${serial}, kind text not null, key text, destination text not null, generation ${int} not null default 0,
    value_due ${int} not null default 0, value_told ${int}, lease_owner text, lease_until ${int},
    attempts ${int} not null default 0, failing_since ${int}, next_attempt_at ${int}, held_until ${int},
    last_error text, last_error_at ${int}, last_success_at ${int}, last_position ${int} not null default 0) ${plain}`,
]

/**
 * A pusher that is not activated yet has its activation token instead of the badge. If its badge was already
 * due, the last value sent is set to -1, which makes the badge due again with the activation.
 */
const moveState = ({ originOf, continueIds }: ColumnTypes) => [
  `insert into lanes (lane_id, kind, destination, value_due, value_told, lease_owner, lease_until, attempts, failing_since,
      next_attempt_at, held_until, last_error, last_error_at, last_success_at)
    select pusher_id, case when kind = 'email' then 'mail' else 'poke' end, ${originOf('url')},
      case when activated = 1 then badge_due else activation_due end,
      case when activated = 0 and badge_due > 0 then -1 else last_badge end, lease_owner, lease_until, attempts,
      failing_since, next_attempt_at, held_until, last_error, last_error_at, last_success_at
    from pushers order by pusher_id`,
  ...continueIds({ table: 'pushers', column: 'pusher_id' }, { table: 'lanes', column: 'lane_id' }),
  `create unique index lanes_by_key on lanes (kind, key) where key is not null`,
  `create index lanes_with_value on lanes (lane_id) where value_due > 0`,
  `create index lanes_by_next_attempt on lanes (kind, next_attempt_at) where next_attempt_at is not null`,
  `create index lanes_of_mail on lanes (lane_id) where kind = 'mail'`,
]

const renameOutbox = ({ int }: ColumnTypes) => [
  `drop index outbox_urgent`,
  `alter table outbox rename to lane_items`,
  `alter table lane_items rename column pusher_id to lane_id`,
  ...[
    `expires_at ${int}`,
    `taken_until ${int}`,
    'dedup_key text',
    'payload text',
    'source text',
    `bytes ${int}`,
  ].map((column) => `alter table lane_items add column ${column}`),
  `create index lane_items_urgent on lane_items (lane_id, position) where urgent = 1`,
]

const KEPT = `pusher_id, user_id, app_id, pushkey, kind, handle, handle_is_instance, app_display_name, device_display_name,
  lang, data, url, device_id, enabled, disable_badge_count, hold_ms, activated, ack_token, ack_expires_at, kind_alias,
  created_at, set_at, unsubscribe_token`

/** Copied once, because SQLite would copy the table for each dropped column. */
const trimPushers = ({ int, plain }: ColumnTypes) => [
  `create table pushers_kept (
    pusher_id ${int} primary key, user_id text not null, app_id text not null, pushkey text not null, kind text not null,
    handle text, handle_is_instance ${int} not null, app_display_name text not null, device_display_name text not null,
    lang text not null, data text not null, url text, device_id text, enabled ${int} not null default 1,
    disable_badge_count ${int} not null default 0, hold_ms ${int} not null default 0, activated ${int} not null default 1,
    ack_token text, ack_expires_at ${int}, kind_alias text, created_at ${int} not null, set_at ${int} not null,
    unsubscribe_token text, unique (user_id, app_id, pushkey)) ${plain}`,
  `insert into pushers_kept (${KEPT}) select ${KEPT} from pushers`,
  `drop table pushers`,
  `alter table pushers_kept rename to pushers`,
  `create index pushers_by_key on pushers (app_id, pushkey)`,
  `create index pushers_by_device on pushers (user_id, device_id)`,
  `create unique index pushers_by_unsubscribe_token on pushers (unsubscribe_token) where unsubscribe_token is not null`,
]

import type { ColumnTypes, Migration } from '../migration.ts'

/**
 * The queue of the gateway becomes lanes: one for each device and line, with its entries in the order in
 * which they were due. Nothing is in hand while this runs, so leases are not kept.
 */
export const gatewayLanes: Migration = {
  id: 20,
  name: 'gateway-lanes',
  statements: (types) => [
    `alter table lane_items add column counts text`,
    makeLanes(),
    moveEntries(types),
    `create index lane_items_by_end on lane_items (expires_at) where expires_at is not null`,
    `create index lane_items_by_source on lane_items (source, bytes) where source is not null`,
    `create index lane_items_taken on lane_items (lane_id) where taken_until is not null`,
    `drop table gateway_queue`,
  ],
}

const KEY = `device_key || ' ' || line`

const makeLanes =
  () => `insert into lanes (kind, key, destination, attempts, failing_since, next_attempt_at, last_position)
  select 'push', ${KEY}, line, max(attempts), min(case when attempts > 0 then queued_at end), min(next_attempt_at), count(*)
  from gateway_queue group by device_key, line`

// Its parts are JSON already, or made so by the database: as a text, so that PostgreSQL does not look into
// what devices were sent.
const payload = ({ jsonText }: ColumnTypes) =>
  `'{"message_key":' || ${jsonText('q.message_key')} || ',"own":' || q.own || ',"user_id":' || ${jsonText('q.user_id')}
    || ',"attempts":' || q.attempts || ',"notification":' || q.notification || '}'`

const moveEntries = (types: ColumnTypes) => `insert into lane_items
    (lane_id, position, urgent, created_at, expires_at, dedup_key, payload, source, bytes, counts)
  select l.lane_id, row_number() over (partition by l.lane_id order by q.next_attempt_at, q.queue_id), 0, q.queued_at,
    q.expires_at, case when q.counts_only = 1 then 'counts ' else 'event ' end || q.data_key, ${payload(types)},
    q.source, q.bytes, q.counts
  from gateway_queue as q join lanes as l on l.kind = 'push' and l.key = ${KEY.replaceAll(/device_key|line/g, 'q.$&')}`

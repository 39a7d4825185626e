import type { Migration } from '../migration.ts'

/**
 * The state of the gateway: received notifications, waiting notifications, and rejections to report to their
 * home server.
 */
export const gateway: Migration = {
  id: 8,
  name: 'gateway',
  statements: ({ int, serial, keyed, plain }) => [
    `create table gateway_seen (
      message_key text not null primary key, outcome text not null, seen_at ${int} not null) ${keyed}`,
    `create index gateway_seen_by_age on gateway_seen (seen_at)`,
    `create table gateway_rejections (
      device_key text not null primary key, rejected_at ${int} not null) ${keyed}`,
    `create index gateway_rejections_by_age on gateway_rejections (rejected_at)`,
    `create table gateway_queue (
      queue_id ${serial}, app_id text not null, line text not null, device_key text not null, message_key text,
      notification text not null, counts text, counts_only ${int} not null, own ${int} not null, attempts ${int} not null,
      queued_at ${int} not null, expires_at ${int} not null, next_attempt_at ${int} not null,
      leased_until ${int} not null) ${plain}`,
    `create index gateway_queue_by_line on gateway_queue (line, next_attempt_at)`,
    `create index gateway_queue_by_device on gateway_queue (device_key, queue_id)`,
    `create index gateway_queue_by_end on gateway_queue (expires_at)`,
  ],
}

import type { Migration } from '../migration.ts'

/** To-device messages that wait for their device, the transaction ids of their senders, and backups of room keys. */
export const deviceMessagesAndKeyBackups: Migration = {
  id: 24,
  name: 'device-messages-and-key-backups',
  statements: ({ int, keyed }) => [
    `create table device_messages (
      user_id text not null, device_id text not null, sender text not null, position ${int} not null, type text not null,
      content text not null, total_count ${int} not null, total_bytes ${int} not null,
      primary key (user_id, device_id, sender, position)) ${keyed}`,
    `create index device_messages_in_order on device_messages (user_id, device_id, position)`,
    `create table device_message_txns (
      user_id text not null, device_id text not null, type text not null, txn_id text not null, sent_at ${int} not null,
      primary key (user_id, device_id, type, txn_id)) ${keyed}`,
    `create index device_message_txns_by_age on device_message_txns (sent_at)`,

    `create table key_backup_numbers (user_id text primary key, last_version ${int} not null) ${keyed}`,
    `create table key_backups (
      user_id text not null, version ${int} not null, algorithm text not null, auth_data text not null,
      etag ${int} not null, key_count ${int} not null, key_bytes ${int} not null,
      primary key (user_id, version)) ${keyed}`,
    `create table backed_up_keys (
      user_id text not null, version ${int} not null, room_id text not null, session_id text not null,
      first_message_index ${int} not null, forwarded_count ${int} not null, is_verified ${int} not null,
      session_data text not null, primary key (user_id, version, room_id, session_id)) ${keyed}`,
  ],
}

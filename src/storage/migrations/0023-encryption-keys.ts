import type { Migration } from '../migration.ts'

/**
 * Keys of devices and users for end-to-end encryption, and the positions from which `/sync` reads changes of
 * device lists. Memberships of earlier versions have the position 0: no client followed a device list before.
 */
export const encryptionKeys: Migration = {
  id: 23,
  name: 'encryption-keys',
  statements: ({ int, serial, keyed, plain }) => [
    `create table device_keys (user_id text not null, device_id text not null, content text not null,
      primary key (user_id, device_id)) ${keyed}`,
    `create table one_time_keys (entry_id ${serial}, user_id text not null, device_id text not null, algorithm text not null,
      key_name text not null, content text not null, claimed_at ${int}, unique (user_id, device_id, key_name)) ${plain}`,
    `create index one_time_keys_unclaimed on one_time_keys (user_id, device_id, algorithm, entry_id) where claimed_at is null`,
    `create table fallback_keys (user_id text not null, device_id text not null, algorithm text not null, key_name text not null,
      content text not null, is_used ${int} not null, primary key (user_id, device_id, algorithm)) ${keyed}`,
    `create table cross_signing_keys (user_id text not null, purpose text not null, public_key text not null, content text not null,
      primary key (user_id, purpose)) ${keyed}`,
    `create table key_signatures (user_id text not null, key_id text not null, signer_id text not null, signer_key text not null,
      signature text not null, position ${int} not null, primary key (user_id, key_id, signer_id, signer_key)) ${keyed}`,
    `create index key_signatures_by_signer on key_signatures (signer_id, position)`,
    `create table device_list_changes (user_id text not null primary key, position ${int} not null) ${plain}`,
    `create index device_list_changes_in_stream on device_list_changes (position)`,
    `alter table memberships add column sharing_position ${int} not null default 0`,
    `create index memberships_by_sharing on memberships (sharing_position)`,
  ],
}

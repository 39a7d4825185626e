import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Flag } from './columns.ts'

// The tables of messages to devices and of key backups. Times and booleans are as in `schema.ts`.

/**
 * To-device messages that wait for their device. One request sends at most one message to a device, so a
 * request takes one position. The totals add up the messages from this sender to this device, and include
 * this message; they start again when none is waiting. The difference of two totals is the number and size of
 * the messages between them.
 */
export type DeviceMessagesTable = {
  user_id: UserId
  device_id: DeviceId
  position: number
  sender: UserId
  type: string
  content: string
  total_count: number
  total_bytes: number
}

/**
 * The transaction ids of requests that sent to-device messages, by the sending device: a repeated request
 * sends nothing.
 */
export type DeviceMessageTxnsTable = {
  user_id: UserId
  device_id: DeviceId
  type: string
  txn_id: string
  sent_at: number
}

/** The last version of a key backup of a user. A number is never used again, also after the backup was deleted. */
export type KeyBackupNumbersTable = { user_id: UserId; last_version: number }

/** Key backups of users. The one with the highest version is the current one. */
export type KeyBackupsTable = {
  user_id: UserId
  version: number
  algorithm: string
  /** JSON object, as the client set it. */
  auth_data: string
  /** Grows with each change of the keys. */
  etag: number
  /** The number of keys in the backup, and their size (`accounts/key-backup/`). */
  key_count: number
  key_bytes: number
}

/**
 * A device without a session (MSC3814), at most one for each user; it has a row in `devices`, too.
 * `device_data` is encrypted by the client.
 */
export type DehydratedDevicesTable = { user_id: UserId; device_id: DeviceId; device_data: string }

/** The keys in a backup. `session_data` is a JSON object, encrypted by the client. */
export type BackedUpKeysTable = {
  user_id: UserId
  version: number
  room_id: RoomId
  session_id: string
  first_message_index: number
  forwarded_count: number
  is_verified: Flag
  session_data: string
}

export type EncryptionSchema = {
  device_messages: DeviceMessagesTable
  device_message_txns: DeviceMessageTxnsTable
  key_backup_numbers: KeyBackupNumbersTable
  key_backups: KeyBackupsTable
  backed_up_keys: BackedUpKeysTable
  dehydrated_devices: DehydratedDevicesTable
}

import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'

// The tables of `keys/`. `content` is a key as its owner uploaded it, as JSON text.

export type DeviceKeysTable = { user_id: UserId; device_id: DeviceId; content: string }

/**
 * One-time keys in the order of their upload (`entry_id`). A claimed key stays for a while, so that a
 * repeated upload does not add it again.
 */
export type OneTimeKeysTable = {
  entry_id: Filled<number>
  user_id: UserId
  device_id: DeviceId
  algorithm: string
  /** `<algorithm>:<key id>`. */
  key_name: string
  content: string
  claimed_at: number | null
}

/** One for each algorithm. */
export type FallbackKeysTable = {
  user_id: UserId
  device_id: DeviceId
  algorithm: string
  key_name: string
  content: string
  is_used: Flag
}

/** `content` has no signatures: they are in `key_signatures`. */
export type CrossSigningKeysTable = {
  user_id: UserId
  purpose: 'master' | 'self_signing' | 'user_signing'
  /** Ed25519, base64 without padding. */
  public_key: string
  content: string
}

/** Verified signatures of cross-signing keys, and of device keys by the self-signing key of their owner. */
export type KeySignaturesTable = {
  /** The owner of the signed key. */
  user_id: UserId
  /** A device id or a public key. */
  key_id: string
  signer_id: UserId
  /** `ed25519:<device id or public key>` */
  signer_key: string
  signature: string
  /** The position of the upload: the signer's other devices read the target's keys again. */
  position: number
}

/** The last change of the devices or cross-signing keys of a user. */
export type DeviceListChangesTable = { user_id: UserId; position: number }

export type KeysSchema = {
  device_keys: DeviceKeysTable
  one_time_keys: OneTimeKeysTable
  fallback_keys: FallbackKeysTable
  cross_signing_keys: CrossSigningKeysTable
  key_signatures: KeySignaturesTable
  device_list_changes: DeviceListChangesTable
}

import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import type { SubscriptionKeys } from './subscription.ts'

/**
 * The plaintext that fits into the 4096 bytes that every push service accepts (RFC 8030, section 7.2; RFC
 * 8291, section 4).
 */
export const MAX_PLAINTEXT_BYTES = 3993

/** New for each message: a salt of 16 bytes and the private key of the sender, 32 bytes. */
export type Ephemeral = { salt: Buffer; privateKey: Buffer }

const CURVE = 'prime256v1'
const RECORD_BYTES = 4096
/** Ends the last record (RFC 8188, section 2). */
const LAST_RECORD = Buffer.of(2)
const KEY_INFO = Buffer.from('WebPush: info\0')

/**
 * Encrypts for a browser (RFC 8291) as the one record of an `aes128gcm` body (RFC 8188). `ephemeral` is only for tests:
 * two messages with the same value can be decrypted.
 *
 * @throws {RangeError} for more than 3993 bytes of plaintext.
 * @throws when the point of the subscription is not on the curve (`isOnCurve`).
 */
export function encryptPush(plaintext: Buffer, keys: SubscriptionKeys, ephemeral?: Ephemeral): Buffer {
  if (plaintext.length > MAX_PLAINTEXT_BYTES) throw new RangeError('Too long for a Web Push message')
  const salt = ephemeral?.salt ?? randomBytes(16)
  const sender = createECDH(CURVE)
  if (ephemeral === undefined) sender.generateKeys()
  else sender.setPrivateKey(ephemeral.privateKey)
  const senderPoint = sender.getPublicKey()

  const info = Buffer.concat([KEY_INFO, keys.publicKey, senderPoint])
  const secret = hkdf(sender.computeSecret(keys.publicKey), keys.auth, { info, length: 32 })
  const key = hkdf(secret, salt, { info: 'Content-Encoding: aes128gcm\0', length: 16 })
  const nonce = hkdf(secret, salt, { info: 'Content-Encoding: nonce\0', length: 12 })

  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  return Buffer.concat([
    salt,
    bigEndian(RECORD_BYTES),
    Buffer.of(senderPoint.length),
    senderPoint,
    cipher.update(plaintext),
    cipher.update(LAST_RECORD),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

const hkdf = (input: Buffer, salt: Buffer, { info, length }: { info: Buffer | string; length: number }) =>
  Buffer.from(hkdfSync('sha256', input, salt, info, length))

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

import type { SubscriptionKeys } from './subscription.ts'

// Batches between the threads of `encryptor.ts`: one block of memory for each, which is transferred. Cloning
// a list of small buffers took a tenth of the time of the sending thread.
//
//   plain: (length of the text, 2 bytes · public key, 65 · auth secret, 16 · text) for each message
//   encrypted: (length, 2 bytes; 0 if it could not be encrypted · body) for each message, in the same order

const LENGTH_BYTES = 2
const KEY_BYTES = 65
const AUTH_BYTES = 16

export type PlainMessage = { plaintext: Buffer; keys: SubscriptionKeys }

/** Memory that no other buffer shares, so that it can be moved. */
const ownBuffer = (bytes: number) => Buffer.allocUnsafeSlow(bytes)

export function packPlain(messages: readonly PlainMessage[]): Uint8Array<ArrayBuffer> {
  const bytes = messages.reduce(
    (sum, { plaintext }) => sum + LENGTH_BYTES + KEY_BYTES + AUTH_BYTES + plaintext.length,
    0,
  )
  const packed = ownBuffer(bytes)
  let at = 0
  for (const { plaintext, keys } of messages) {
    at = packed.writeUInt16BE(plaintext.length, at)
    at += keys.publicKey.copy(packed, at)
    at += keys.auth.copy(packed, at)
    at += plaintext.copy(packed, at)
  }
  return packed
}

export function unpackPlain(packed: Uint8Array<ArrayBuffer>): PlainMessage[] {
  const all = Buffer.from(packed.buffer)
  const messages: PlainMessage[] = []
  for (let at = 0; at < all.length;) {
    const length = all.readUInt16BE(at)
    const key = at + LENGTH_BYTES
    const auth = key + KEY_BYTES
    const text = auth + AUTH_BYTES
    at = text + length
    const keys = { publicKey: all.subarray(key, auth), auth: all.subarray(auth, text) }
    messages.push({ plaintext: all.subarray(text, at), keys })
  }
  return messages
}

/** Undefined: it could not be encrypted. */
export function packEncrypted(bodies: readonly (Buffer | undefined)[]): Uint8Array<ArrayBuffer> {
  const packed = ownBuffer(bodies.reduce((sum, body) => sum + LENGTH_BYTES + (body?.length ?? 0), 0))
  let at = 0
  for (const body of bodies) {
    at = packed.writeUInt16BE(body?.length ?? 0, at)
    at += body?.copy(packed, at) ?? 0
  }
  return packed
}

export function unpackEncrypted(packed: Uint8Array<ArrayBuffer>): (Buffer | undefined)[] {
  const all = Buffer.from(packed.buffer)
  const bodies: (Buffer | undefined)[] = []
  for (let at = 0; at < all.length;) {
    const from = at + LENGTH_BYTES
    at = from + all.readUInt16BE(at)
    bodies.push(at === from ? undefined : all.subarray(from, at))
  }
  return bodies
}

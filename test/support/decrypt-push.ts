import { createDecipheriv, type ECDH, hkdfSync } from 'node:crypto'

/** Decrypts the body of a push as a browser does (RFC 8291, RFC 8188). Throws if this fails. */
export function decryptPush(body: Buffer, receiver: { pair: ECDH; auth: Buffer }): Buffer {
  const salt = body.subarray(0, 16)
  const recordBytes = body.readUInt32BE(16)
  const sender = body.subarray(21, 21 + body.readUInt8(20))
  const sealed = body.subarray(21 + sender.length)
  if (sealed.length > recordBytes) throw new Error('more than one record')
  const hkdf = (input: Buffer, key: Buffer, info: Buffer | string, length: number) =>
    Buffer.from(hkdfSync('sha256', input, key, info, length))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver.pair.getPublicKey(), sender])
  const secret = hkdf(receiver.pair.computeSecret(sender), receiver.auth, info, 32)
  const key = hkdf(secret, salt, 'Content-Encoding: aes128gcm\0', 16)
  const decipher = createDecipheriv('aes-128-gcm', key, hkdf(secret, salt, 'Content-Encoding: nonce\0', 12))
  decipher.setAuthTag(sealed.subarray(-16))
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  const end = padded.findLastIndex((byte) => byte !== 0)
  if (padded[end] !== 2) throw new Error('the delimiter of the last record is missing')
  return padded.subarray(0, end)
}

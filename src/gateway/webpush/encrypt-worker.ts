import { parentPort } from 'node:worker_threads'
import { encryptPush } from './encrypt.ts'

// The code of the thread of `encryptor.ts`.

export type PlainBatch = { plaintext: Uint8Array; publicKey: Uint8Array; auth: Uint8Array }[]
/** In the same order; `null` if an item could not be encrypted. */
export type EncryptedBatch = (Uint8Array | null)[]

parentPort?.on('message', (batch: PlainBatch) => {
  const bodies: EncryptedBatch = batch.map(({ plaintext, publicKey, auth }) => {
    try {
      return new Uint8Array(
        encryptPush(Buffer.from(plaintext), { publicKey: Buffer.from(publicKey), auth: Buffer.from(auth) }),
      )
    } catch {
      return null
    }
  })
  parentPort?.postMessage(bodies)
})

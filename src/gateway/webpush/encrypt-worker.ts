import { parentPort } from 'node:worker_threads'
import { packEncrypted, type PlainMessage, unpackPlain } from './encrypt-batch.ts'
import { encryptPush } from './encrypt.ts'

// The code of the thread of `encryptor.ts`.

function encrypted({ plaintext, keys }: PlainMessage): Buffer | undefined {
  try {
    return encryptPush(plaintext, keys)
  } catch {
    return undefined
  }
}

parentPort?.on('message', (batch: Uint8Array<ArrayBuffer>) => {
  const bodies = packEncrypted(unpackPlain(batch).map(encrypted))
  parentPort?.postMessage(bodies, [bodies.buffer])
})

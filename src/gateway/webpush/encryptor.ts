import { Worker } from 'node:worker_threads'
import type { Clock } from '../../lib/clock.ts'
import { encryptPush } from './encrypt.ts'
import type { EncryptedBatch, PlainBatch } from './encrypt-worker.ts'
import type { SubscriptionKeys } from './subscription.ts'

// Encrypting takes about as long as sending. A few messages are encrypted here, for that is sooner done than handed over; a
// flood goes to a thread of its own, in batches, which leaves this one free to send (docs/decisions/0017).
//
//   few ──more than 16 in 100 ms──▶ flood, the thread is made ──no flood for a minute──▶ few, the thread ends

const FEW = 16
const WINDOW_MS = 100
const BATCH = 32
/** One is worked on, and the next is there when it is done. */
const BATCHES_OUT = 2
/** Beyond it this thread helps: more memory would not make it faster. */
const MOST_WAITING = 256
const IDLE_MS = 60_000

export type Encryptor = AsyncDisposable & {
  encrypt: (plaintext: Buffer, keys: SubscriptionKeys) => Promise<Buffer>
  /** Is there a thread at the moment? */
  hasThread: () => boolean
}

type Job = { plaintext: Buffer; keys: SubscriptionKeys; done: PromiseWithResolvers<Buffer> }
type Thread = { worker: Worker; out: Job[][] }

/** `encryptPush`, off the main thread where that pays. Disposing ends the thread; what it had not done is done here. */
export function makeEncryptor({ clock, idleMs = IDLE_MS }: { clock: Clock; idleMs?: number }): Encryptor {
  const waiting: Job[] = []
  const isFlood = floodGauge(clock)
  let thread: Thread | undefined
  let idle: NodeJS.Timeout | undefined

  const feed = (to: Thread) => {
    while (to.out.length < BATCHES_OUT && waiting.length > 0) {
      const jobs = waiting.splice(0, BATCH)
      to.out.push(jobs)
      to.worker.postMessage(jobs.map(forThread))
    }
    idle?.refresh()
  }

  const close = async () => {
    const closing = thread
    if (closing === undefined) return
    thread = undefined
    clearTimeout(idle)
    const left = [...closing.out.flat(), ...waiting.splice(0)]
    closing.out = []
    for (const job of left) encryptHere(job)
    await closing.worker.terminate()
  }

  const start = (): Thread => {
    const worker = new Worker(new URL('./encrypt-worker.ts', import.meta.url))
    const started: Thread = { worker, out: [] }
    worker.unref()
    worker.on('message', (bodies: EncryptedBatch) => {
      const jobs = started.out.shift() ?? []
      jobs.forEach((job, at) => settle(job, bodies[at]))
      if (thread === started) feed(started)
    })
    // A thread that has died is no reason to lose a message; the next flood makes another.
    worker.on('error', () => void (thread === started && close()))
    idle = setTimeout(() => void close(), idleMs).unref()
    return started
  }

  return {
    encrypt(plaintext, keys) {
      const job: Job = { plaintext, keys, done: Promise.withResolvers() }
      if (!isFlood() || waiting.length >= MOST_WAITING) {
        encryptHere(job)
      } else {
        waiting.push(job)
        thread ??= start()
        feed(thread)
      }
      return job.done.promise
    },
    hasThread: () => thread !== undefined,
    [Symbol.asyncDispose]: close,
  }
}

/** Whether another message makes more than a few in this window of time. */
function floodGauge(clock: Clock): () => boolean {
  let windowStart = 0
  let inWindow = 0
  return () => {
    const now = clock.now()
    if (now < windowStart || now >= windowStart + WINDOW_MS) {
      windowStart = now
      inWindow = 0
    }
    return ++inWindow > FEW
  }
}

function encryptHere({ plaintext, keys, done }: Job): void {
  try {
    done.resolve(encryptPush(plaintext, keys))
  } catch (error) {
    done.reject(error)
  }
}

/** `null` is what could not be encrypted: doing it here tells why. */
function settle(job: Job, body: Uint8Array | null | undefined): void {
  if (body) job.done.resolve(Buffer.from(body.buffer, body.byteOffset, body.length))
  else encryptHere(job)
}

/** Copies: a buffer may be a part of a larger one, all of which would go with it. */
function forThread({ plaintext, keys }: Job): PlainBatch[number] {
  return {
    plaintext: new Uint8Array(plaintext),
    publicKey: new Uint8Array(keys.publicKey),
    auth: new Uint8Array(keys.auth),
  }
}

import { Worker } from 'node:worker_threads'
import type { Clock } from '../../lib/clock.ts'
import { encryptPush, MAX_PLAINTEXT_BYTES } from './encrypt.ts'
import { packPlain, unpackEncrypted } from './encrypt-batch.ts'
import type { SubscriptionKeys } from './subscription.ts'

// Encryption takes about as long as sending. A few messages are encrypted in this thread, because the
// hand-over would take longer. A flood goes to a separate thread in batches, and so does everything while
// that thread works: this thread is then free to send (docs/decisions/0017).
//
//   few ──more than 16 in 100 ms──▶ flood, the thread is made ──no flood for a minute──▶ few, the thread ends

const FEW = 16
const WINDOW_MS = 100
const BATCH = 32
/** One batch is processed, and the next one is ready when it is done. */
const BATCHES_OUT = 2
/** Beyond this number the main thread encrypts too: more waiting items would only need memory. */
const MOST_WAITING = 256
const IDLE_MS = 60_000

export type Encryptor = AsyncDisposable & {
  encrypt: (plaintext: Buffer, keys: SubscriptionKeys) => Promise<Buffer>
  /** Whether the thread exists now. */
  hasThread: () => boolean
}

type Job = { plaintext: Buffer; keys: SubscriptionKeys; done: PromiseWithResolvers<Buffer> }
type Thread = { worker: Worker; out: Job[][] }

/** `encryptPush`, in a thread if that is faster. Disposing ends the thread; its unfinished items are encrypted here. */
export function makeEncryptor({ clock, idleMs = IDLE_MS }: { clock: Clock; idleMs?: number }): Encryptor {
  const waiting: Job[] = []
  const isFlood = floodGauge(clock)
  let thread: Thread | undefined
  let idle: NodeJS.Timeout | undefined

  const feed = (to: Thread) => {
    while (to.out.length < BATCHES_OUT && waiting.length > 0) {
      const jobs = waiting.splice(0, BATCH)
      to.out.push(jobs)
      const batch = packPlain(jobs)
      to.worker.postMessage(batch, [batch.buffer])
    }
    idle?.refresh()
  }

  const feedSoon = oncePerTurn(() => thread && feed(thread))

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
    worker.on('message', (packed: Uint8Array<ArrayBuffer>) => {
      const jobs = started.out.shift() ?? []
      const bodies = unpackEncrypted(packed)
      jobs.forEach((job, at) => settle(job, bodies[at]))
      if (thread === started) feed(started)
    })
    // If the thread dies, no message is lost; the next flood starts another one.
    worker.on('error', () => void (thread === started && close()))
    idle = setTimeout(() => void close(), idleMs).unref()
    return started
  }

  return {
    encrypt(plaintext, keys) {
      const job: Job = { plaintext, keys, done: Promise.withResolvers() }
      const isThreadBusy = thread !== undefined && thread.out.length > 0
      const isHere = waiting.length >= MOST_WAITING || plaintext.length > MAX_PLAINTEXT_BYTES
      if (isHere || !(isFlood() || isThreadBusy)) {
        encryptHere(job)
      } else {
        waiting.push(job)
        thread ??= start()
        feedSoon()
      }
      return job.done.promise
    },
    hasThread: () => thread !== undefined,
    [Symbol.asyncDispose]: close,
  }
}

/** Each batch wakes the thread, so the messages of one turn of the event loop share one. */
function oncePerTurn(run: () => void): () => void {
  let isPending = false
  return () => {
    if (isPending) return
    isPending = true
    setImmediate(() => {
      isPending = false
      run()
    })
  }
}

/** Whether one more message exceeds the limit of this time window. */
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

/** Undefined: the thread could not encrypt it. Encrypting it here throws the reason. */
function settle(job: Job, body: Buffer | undefined): void {
  if (body) job.done.resolve(body)
  else encryptHere(job)
}

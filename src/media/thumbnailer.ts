import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { limitExceeded } from '../lib/errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createTurns } from '../lib/turns.ts'
import type { ThumbnailJob, ThumbnailResult, WorkerMessage } from './thumbnail-job.ts'

const WORKER = fileURLToPath(new URL('./thumbnail-worker.ts', import.meta.url))
/**
 * Jobs that wait for a process. Their images are read when it is their turn, so that only one for each
 * process is in memory and a waiting job costs little. A client that opens a list of rooms requests the
 * avatars of all of them at the same time, and does not repeat a refused one.
 */
const MAX_WAITING = 1000
/** Starting a process, with the library, takes about 200 ms. */
const START_MS = 30_000
/** How long no process is started after one could not load the library. */
const UNAVAILABLE_MS = 600_000
/** A process without work ends after this time, because it takes 140 MiB. */
const IDLE_MS = 60_000

/** `unavailable`: the library is not installed. `late`: it took too long, or its process died. */
export type Thumbnailed = ThumbnailResult | { kind: 'unavailable' } | { kind: 'late' }

/** A job whose image is read when a process is free for it. */
export type PlannedThumbnail = Omit<ThumbnailJob, 'image'> & { readImage: () => Promise<Uint8Array> }

export type ThumbnailerOptions = {
  clock: Clock
  log: Log
  /** The most processes. */
  processes: number
  /** For one image. */
  timeoutMs: number
  /** Only tests replace these two. */
  worker?: string
  maxWaiting?: number
}

/** Makes thumbnails in separate processes, because decoders of images are the most attacked code of a media server. */
export interface Thumbnailer extends AsyncDisposable {
  /**
   * @param source the user: users take turns
   * @throws MatrixError 429 when too many jobs wait; what `readImage` throws
   */
  make(planned: PlannedThumbnail, source: string): Promise<Thumbnailed>
}

// States of a process: starting → idle ⇄ working. It is killed when a job is late, when its start is late and
// after a time without work. The next job starts another one.
type Process = { child: ChildProcess; ready: Promise<boolean>; idle: AbortController | undefined }

const tooBusy = () => limitExceeded(1000, 'Too many thumbnails are being made. Try again in a moment')

export function createThumbnailer(options: ThumbnailerOptions): Thumbnailer {
  const { clock, log, processes, maxWaiting = MAX_WAITING } = options
  const idle: Process[] = []
  const all = new Set<Process>()
  let unavailableUntil = -Infinity
  const turns = createTurns({ atOnce: processes, waiting: maxWaiting, onFull: tooBusy })

  function take(): Process {
    const found = idle.pop()
    found?.idle?.abort()
    if (found !== undefined) return found
    const started = start(options, () => {
      all.delete(started)
      leaveIdle(started)
    })
    all.add(started)
    return started
  }

  function rest(one: Process): void {
    const waiting = new AbortController()
    one.idle = waiting
    idle.push(one)
    void clock.sleep(IDLE_MS, waiting.signal).then(() => {
      if (waiting.signal.aborted) return
      // At once, because the process ends later, and a job must not get it.
      leaveIdle(one)
      one.child.kill('SIGKILL')
    })
  }

  function leaveIdle(one: Process): void {
    const at = idle.indexOf(one)
    if (at >= 0) idle.splice(at, 1)
  }

  async function run(job: ThumbnailJob): Promise<Thumbnailed> {
    if (clock.now() < unavailableUntil) return { kind: 'unavailable' }
    const one = take()
    if (!(await one.ready)) {
      unavailableUntil = clock.now() + UNAVAILABLE_MS
      one.child.kill('SIGKILL')
      log.warn(
        'media: no thumbnails are made, because the package sharp is not installed or cannot be loaded',
      )
      return { kind: 'unavailable' }
    }
    const result = await resultOf(one.child, job, options)
    if (result.kind === 'late') {
      log.warn('media: making a thumbnail took too long, or its process died; the process was ended')
      one.child.kill('SIGKILL')
    } else rest(one)
    return result
  }

  return {
    make: ({ readImage, ...job }, source) =>
      turns(async () => run({ ...job, image: await readImage() }), source),
    async [Symbol.asyncDispose]() {
      unavailableUntil = Infinity
      await Promise.all([...all].map(end))
    },
  }
}

async function end({ child, idle }: Process): Promise<void> {
  idle?.abort()
  child.ref()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  if (child.kill('SIGKILL')) await ended
}

function start({ clock, worker = WORKER }: ThumbnailerOptions, onEnd: () => void): Process {
  // Not loaded at the start of the server.
  const child = process.getBuiltinModule('node:child_process').fork(worker, {
    // Neither secrets in the environment nor the options of the server reach it.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', onEnd).on('exit', onEnd)
  // The server ends without waiting for it.
  child.unref()
  child.channel?.unref()
  return {
    child,
    idle: undefined,
    ready: nextMessage(child, START_MS, clock).then((one) => one?.kind === 'ready'),
  }
}

async function resultOf(
  child: ChildProcess,
  job: ThumbnailJob,
  { clock, timeoutMs }: ThumbnailerOptions,
): Promise<Thumbnailed> {
  const result = nextMessage(child, timeoutMs, clock)
  child.send(job, () => undefined)
  const message = await result
  return message === undefined || message.kind === 'ready' ? { kind: 'late' } : message
}

/** Resolves to undefined when the process ends, and after `ms` milliseconds. */
function nextMessage(child: ChildProcess, ms: number, clock: Clock): Promise<WorkerMessage | undefined> {
  return new Promise((resolve) => {
    const done = new AbortController()
    const settle = (message?: WorkerMessage) => {
      child.off('message', onMessage).off('exit', onEnd).off('error', onEnd)
      done.abort()
      resolve(message)
    }
    const onMessage = (message: unknown) => settle(message as WorkerMessage)
    const onEnd = () => settle()
    child.on('message', onMessage).on('exit', onEnd).on('error', onEnd)
    void clock.sleep(ms, done.signal).then(() => settle())
  })
}

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { monotonicMs } from './monotonic.ts'

// Keeps all child processes and folders of a benchmark. They are removed when this process ends: normally,
// after a failure, and after Ctrl-C.

const children = new Set<ChildProcess>()
const folders = new Set<string>()

/** Registers the clean-up. Call it once, before anything is started. */
export function cleanUpAtExit(): void {
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
    for (const folder of folders) remove(folder)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
}

export type Folder = Disposable & { path: string }

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'belfry-bench-'))
  folders.add(path)
  return {
    path,
    [Symbol.dispose]() {
      remove(path)
      folders.delete(path)
    },
  }
}

function remove(folder: string): void {
  // A process that was just killed may still write to the folder.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
}

export type Program = AsyncDisposable & {
  pid: number
  /** The URL from its ready line. */
  url: string
  /** Milliseconds from the start of the process to its ready line. */
  readyMs: number
  /** Sends a message over the IPC channel and resolves to the reply. Only for programs that reply to messages. */
  ask(): Promise<unknown>
}

const READY = /listening on (http:\S+)/
const READY_WITHIN_MS = 30_000
const READY_CHECK_MS = 50

/** Starts Node with these arguments and waits for a line with `listening on http://…`. Disposing ends the process. */
export async function launch(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const started = monotonicMs()
  const { child, ended } = start(process.execPath, [QUIET, ...args], {
    // Each child ends when this IPC channel closes, so also after kill -9 of this process.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  return programOf({ child, ended }, { url: await readyUrl(child, ended, args), started })
}

/**
 * Starts any program that will serve at `url`, and waits until `url` + `path` returns 200. Disposing ends the
 * process.
 */
export async function launchOther(
  command: readonly [string, ...string[]],
  { url, path }: { url: string; path: string },
): Promise<Program> {
  const started = monotonicMs()
  const [file, ...args] = command
  const { child, ended } = start(file, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const state = { end: '' }
  void ended.then((reason) => (state.end = reason))
  const isServing = () =>
    fetch(url + path).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isServing())) {
    const late = monotonicMs() > started + READY_WITHIN_MS ? 'not ready in time' : ''
    const failure = state.end || late
    if (failure) throw new Error(`${command.join(' ')}: ${failure}`)
    await setTimeout(READY_CHECK_MS)
  }
  return programOf({ child, ended }, { url, started })
}

type Started = { child: ChildProcess; ended: Promise<string> }

function start(file: string, args: readonly string[], options: SpawnOptions): Started {
  const child = spawn(file, args, options)
  children.add(child)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? code}`))
  })
  void ended.then(() => children.delete(child))
  return { child, ended }
}

function programOf({ child, ended }: Started, { url, started }: { url: string; started: number }): Program {
  return {
    pid: child.pid ?? 0,
    url,
    readyMs: monotonicMs() - started,
    ask: () =>
      new Promise((resolve, reject) => {
        child.once('message', resolve)
        child.send('ask', (error) => error && reject(error))
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

const QUIET = '--disable-warning=ExperimentalWarning'

async function readyUrl(
  child: ChildProcess,
  ended: Promise<string>,
  args: readonly string[],
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = (reason: string) => reject(new Error(`${args.join(' ')}: ${reason}`))
  const timer = globalThis.setTimeout(() => fail('not ready in time'), READY_WITHIN_MS)
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = READY.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  void ended.then(fail)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

/** Milliseconds that Node needs to run `args` to its end. */
export async function timeToEnd(args: readonly string[]): Promise<number> {
  const started = monotonicMs()
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  children.add(child)
  await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
  children.delete(child)
  return monotonicMs() - started
}

/** CPU time of a process (user and system, all present threads) in milliseconds; NaN without /proc. */
export function cpuMs(pid: number): number {
  let total = 0
  try {
    // In nanoseconds. The times in /proc/PID/stat are in ticks of 10 ms.
    for (const task of readdirSync(`/proc/${pid}/task`))
      total += Number(read(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0)
  } catch {
    return Number.NaN
  }
  return total / 1e6
}

/** A server counts as idle after this time without requests. */
const IDLE_MS = 2000

/** Memory of an idle process, in MiB. */
export async function idleMiBOf(pid: number): Promise<number> {
  await setTimeout(IDLE_MS)
  return residentMiB(pid)
}

/** Resident memory in MiB; NaN without /proc. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]
  return kib === undefined ? Number.NaN : Number(kib) / 1024
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

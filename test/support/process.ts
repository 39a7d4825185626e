import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from './after-test.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** The bundle of a run of all tests. A run of some files has none, nor one that measures the coverage. */
export const BUNDLE = process.env['TEST_BELFRY_BUNDLE']
/** The arguments of Node for a program that does the work of `bin/belfry`, and validates each response. */
export const BELFRY = [
  '--disable-warning=ExperimentalWarning',
  `--import=${new URL('resolve-imports.ts', import.meta.url).href}`,
  ...(BUNDLE === undefined
    ? [join(root, 'test/support/checked-belfry.ts')]
    : [`--import=${new URL('sources-in-stacks.ts', import.meta.url).href}`, BUNDLE]),
]
const CACHE = join(root, 'node_modules/.cache/belfry/compile')

export type BelfryProcess = {
  url: string
  pid: number
  /**
   * Sends the signal and resolves when the process has ended: to its exit code, or to null after SIGKILL.
   * Rejects if a response did not match the schemas of its route.
   */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/**
 * Runs `belfry serve` as a separate process with the settings of `startTestServer`; resolves at the ready
 * line. `settings`: further environment variables.
 */
export async function startProcess(
  t: TestContext,
  data: string,
  settings: Record<string, string> = {},
): Promise<BelfryProcess> {
  const { ready, pid, end } = launchProcess({ data, settings })
  afterTest(t, () => end('SIGKILL'))
  return { url: await ready, pid, end }
}

export type Launched = Omit<BelfryProcess, 'url'> & {
  /** Resolves to the URL at the ready line; rejects if the process ends before. */
  ready: Promise<string>
}

export type Launch = {
  data: string
  /** Default: `serve`. */
  command?: 'serve' | 'worker' | undefined
  /** Further flags of `belfry serve`. */
  flags?: readonly string[]
  /** Further environment variables. */
  settings?: Readonly<Record<string, string>>
} & Pick<Running, 'onErrorLine'>

/** Like `startProcess`, without waiting for the ready line. */
export function launchProcess({
  data,
  command = 'serve',
  flags = [],
  settings = {},
  onErrorLine,
}: Launch): Launched {
  const usual = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const args = [command, ...usual, '--allow-push-to', '127.0.0.0/8', ...flags]
  return launchBelfry(args, {
    env: { BELFRY_RATE_LIMITS_ENABLED: 'false', BELFRY_PRESENCE_ENABLED: 'false', ...settings },
    onErrorLine,
  })
}

type Running = {
  env?: Readonly<Record<string, string>>
  /** Gets each line of stderr. Without it stderr is inherited. */
  onErrorLine?: ((line: string) => void) | undefined
}

/** Runs any command that prints a ready line, and validates its responses. It ends with this process. */
export function launchBelfry(args: readonly string[], { env = {}, onErrorLine }: Running = {}): Launched {
  const faults = createFaultsFile()
  const child = spawn(process.execPath, [...BELFRY, ...args], {
    // The channel closes when this process ends, also with SIGKILL. `checked-belfry.ts` ends then.
    stdio: ['ignore', 'pipe', onErrorLine === undefined ? 'inherit' : 'pipe', 'ipc'],
    env: { ...process.env, ...faults.env, ...env },
  })
  child.channel?.unref()
  endWithThisProcess(child, faults.remove)
  if (child.stderr && onErrorLine) createInterface({ input: child.stderr }).on('line', onErrorLine)
  const ready = readyLine(child)
  // Prevents an unhandled rejection if the test kills the process before the ready line.
  ready.catch(() => undefined)
  return {
    ready,
    pid: child.pid ?? 0,
    async end(signal) {
      const code = await endOf(child, signal)
      faults.assertNone()
      return code
    },
  }
}

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

type Run = {
  /** Standard input. */
  input?: string
  /** The working directory; that of this process by default. */
  cwd?: string
  /** A program with arguments that runs the command. */
  through?: readonly string[]
}

/**
 * Runs any command until it exits, and validates its responses, if it has any. The command is killed at the
 * end of the test. Rejects if a response did not match the schemas of its route.
 */
export async function runBelfry(
  t: TestContext,
  args: readonly string[],
  { input = '', cwd, through = [] }: Run = {},
): Promise<Ended> {
  const faults = createFaultsFile()
  const [program = '', ...more] = [...through, process.execPath, ...BELFRY, ...args]
  const child = spawn(program, more, { cwd, env: { ...process.env, ...faults.env } })
  afterTest(t, () => void child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined).end(input)
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    text(child.stdout),
    text(child.stderr),
  ])
  faults.assertNone()
  return { code, signal, stdout, stderr }
}

/** A file to which `checked-belfry.ts` appends the faults of responses. */
function createFaultsFile() {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-faults-'))
  const file = join(folder, 'faults')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  return {
    remove,
    env: { NODE_COMPILE_CACHE: CACHE, RESPONSE_FAULTS_FILE: file },
    /** Call it after the end of the process. It removes the file. */
    assertNone() {
      const found = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
      remove()
      assert.deepEqual(found, [], 'responses do not match the schemas of their routes')
    },
  }
}

/** By running process: removes its file of faults. */
const running = new Map<ChildProcess, () => void>()

/** Before other steps at the end of this process, such as one that removes the data of the child. */
function endWithThisProcess(child: ChildProcess, remove: () => void): void {
  if (running.size === 0) process.prependListener('exit', endRunning)
  running.set(child, remove)
  child.once('exit', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', endRunning)
  })
}

function endRunning(): void {
  for (const [child, remove] of running) {
    child.kill('SIGKILL')
    remove()
  }
}

async function readyLine(child: ChildProcess): Promise<string> {
  if (child.stdout)
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^belfry (?:gateway )?listening on (http:\S+)/.exec(line)?.[1]
      if (url !== undefined) return url
    }
  throw new Error('belfry ended before it was ready')
}

async function endOf(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
  return child.exitCode
}

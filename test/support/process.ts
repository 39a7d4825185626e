import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from './after-test.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** `bin/belfry`, which validates nothing, and the entry that validates each response. */
const UNCHECKED = [join(root, 'bin/belfry')]
const CHECKED = ['--disable-warning=ExperimentalWarning', join(root, 'test/support/checked-belfry.ts')]
const CACHE = join(root, 'node_modules/.cache/belfry/compile')

export type BelfryProcess = {
  url: string
  pid: number
  /**
   * Sends the signal and resolves when the process has ended: to its exit code, or to null after SIGKILL. Rejects if a response did not
   * match the schemas of its route.
   */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** Runs `belfry serve` as a separate process with the settings of `startTestServer`; resolves at the ready line. `settings`: further environment variables. */
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
  /** Further flags of `belfry serve`. */
  flags?: readonly string[]
  /** Further environment variables. */
  settings?: Readonly<Record<string, string>>
  /** False: the responses are not validated, for measurements. */
  validates?: boolean
}

/** Like `startProcess`, without waiting for the ready line. */
export function launchProcess({ data, flags = [], settings = {}, validates }: Launch): Launched {
  const usual = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const args = ['serve', ...usual, '--allow-push-to', '127.0.0.0/8', ...flags]
  return launchBelfry(args, { env: { BELFRY_RATE_LIMITS_ENABLED: 'false', ...settings }, validates })
}

type Running = {
  env?: Readonly<Record<string, string>>
  /** Gets each line of stderr. Without it stderr is inherited. */
  onErrorLine?: ((line: string) => void) | undefined
  validates?: boolean | undefined
}

/** Runs any command that prints a ready line, and validates its responses. */
export function launchBelfry(
  args: readonly string[],
  { env = {}, onErrorLine, validates = true }: Running = {},
): Launched {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-faults-'))
  const faults = join(folder, 'faults')
  const child = spawn(process.execPath, [...(validates ? CHECKED : UNCHECKED), ...args], {
    stdio: ['ignore', 'pipe', onErrorLine === undefined ? 'inherit' : 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE, ANSWER_FAULTS_FILE: faults, ...env },
  })
  if (child.stderr && onErrorLine) createInterface({ input: child.stderr }).on('line', onErrorLine)
  const ready = readyLine(child)
  // Prevents an unhandled rejection if the test kills the process before the ready line.
  ready.catch(() => undefined)
  return {
    ready,
    pid: child.pid ?? 0,
    async end(signal) {
      const code = await endOf(child, signal)
      const found = existsSync(faults) ? readFileSync(faults, 'utf8').trimEnd().split('\n') : []
      rmSync(folder, { recursive: true, force: true })
      assert.deepEqual(found, [], 'responses do not match the schemas of their routes')
      return code
    },
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

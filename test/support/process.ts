import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from './after-test.ts'

const BELFRY = fileURLToPath(new URL('../../bin/belfry', import.meta.url))

export type BelfryProcess = {
  url: string
  pid: number
  /** Sends the signal and resolves when the process has ended: to its exit code, or to null after SIGKILL. */
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
}

/** Like `startProcess`, without waiting for the ready line. */
export function launchProcess({ data, flags = [], settings = {} }: Launch): Launched {
  const usual = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const args = ['serve', ...usual, '--allow-push-to', '127.0.0.0/8', ...flags]
  return launchBelfry(args, { BELFRY_RATE_LIMITS_ENABLED: 'false', ...settings })
}

/** Runs any command that prints a ready line. `onErrorLine` gets each line of stderr; without it stderr is inherited. */
export function launchBelfry(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onErrorLine?: (line: string) => void,
): Launched {
  const child = spawn(process.execPath, [BELFRY, ...args], {
    stdio: ['ignore', 'pipe', onErrorLine === undefined ? 'inherit' : 'pipe'],
    env: { ...process.env, ...env },
  })
  if (child.stderr && onErrorLine) createInterface({ input: child.stderr }).on('line', onErrorLine)
  const ready = readyLine(child)
  // Prevents an unhandled rejection if the test kills the process before the ready line.
  ready.catch(() => undefined)
  return { ready, pid: child.pid ?? 0, end: (signal) => endOf(child, signal) }
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

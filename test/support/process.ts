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

/** `belfry serve` in a process of its own, as `startTestServer` sets it up; resolves at the ready line. `settings`: more environment. */
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
  /** Resolves to the URL at the ready line; rejects when the process ends before. */
  ready: Promise<string>
}

export type Launch = {
  data: string
  /** Further ones of `belfry serve`. */
  flags?: readonly string[]
  /** More environment. */
  settings?: Readonly<Record<string, string>>
}

/** The same, not yet ready. */
export function launchProcess({ data, flags = [], settings = {} }: Launch): Launched {
  const usual = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const args = ['serve', ...usual, '--allow-push-to', '127.0.0.0/8', ...flags]
  return launchBelfry(args, { BELFRY_RATE_LIMITS_ENABLED: 'false', ...settings })
}

/** Any command that prints a ready line. `complaints` is called with each line on stderr; without it they are shown. */
export function launchBelfry(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  complaints?: (line: string) => void,
): Launched {
  const child = spawn(process.execPath, [BELFRY, ...args], {
    stdio: ['ignore', 'pipe', complaints === undefined ? 'inherit' : 'pipe'],
    env: { ...process.env, ...env },
  })
  if (child.stderr && complaints) createInterface({ input: child.stderr }).on('line', complaints)
  const ready = readyLine(child)
  // Who kills it before it is ready need not hear of it.
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

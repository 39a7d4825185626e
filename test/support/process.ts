import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const BELFRY = fileURLToPath(new URL('../../bin/belfry', import.meta.url))

export type BelfryProcess = {
  url: string
  /** Sends the signal and resolves when the process has ended: to its exit code, or to null after SIGKILL. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** `belfry serve` in a process of its own, as `startTestServer` sets it up; resolves at the ready line. */
export async function startProcess(t: TestContext, data: string): Promise<BelfryProcess> {
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--open-registration', '--log-level', 'error']
  const child = spawn(process.execPath, [BELFRY, 'serve', ...flags, '--allow-push-to', '127.0.0.0/8'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BELFRY_RATE_LIMITS_ENABLED: 'false' },
  })
  const end = (signal: 'SIGTERM' | 'SIGKILL') => endOf(child, signal)
  t.after(() => end('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^belfry listening on (http:\S+)/.exec(line)?.[1]
    if (url !== undefined) return { url, end }
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

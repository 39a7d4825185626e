import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterTest, type TestEnd } from './after-test.ts'

export type StartedCommand = {
  url: string
  /** The line that says that push works. */
  proof: string
  /** Sends SIGTERM to the process of the command; resolves with its exit code or signal. */
  stop: () => Promise<number | NodeJS.Signals | null>
}

/**
 * Runs a command of bash that starts a server, such as `npm start`, on a free port; resolves when its test
 * push has arrived. It ends with the test.
 */
export async function startCommand(
  t: TestEnd,
  { command, cwd, env }: { command: string; cwd: string; env: NodeJS.ProcessEnv },
): Promise<StartedCommand> {
  // The last of several commands is the server, which gets the signals.
  const child = spawn('bash', ['-c', command.replace(/(^|&& )([^&]*)$/, '$1exec $2')], {
    cwd,
    env: { ...env, BELFRY_LISTEN: '127.0.0.1:0' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  )
  const isRunning = () => child.exitCode === null && child.signalCode === null
  afterTest(t, async () => {
    // The group: npm does not pass every signal on.
    if (child.pid !== undefined && isRunning()) process.kill(-child.pid, 'SIGTERM')
    await ended
  })
  const errors = text(child.stderr)
  const [url, proof] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, found] = /^belfry listening on (\S+)$/.exec(line) ?? []
    if (found !== undefined) url.resolve(found)
    if (line.startsWith('Push works')) proof.resolve(line)
  })
  const failed = ended.then(async (code) => {
    throw new Error(`"${command}" has ended with ${code}: ${await errors}`)
  })
  // It also rejects when the command is stopped later.
  failed.catch(() => undefined)
  const [printedUrl, printedProof] = await Promise.race([Promise.all([url.promise, proof.promise]), failed])
  return {
    url: printedUrl,
    proof: printedProof,
    async stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

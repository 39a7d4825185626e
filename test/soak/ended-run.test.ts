import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** The processes whose command line contains this text. */
const processesWith = (text: string) =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(text))

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

const skip = process.platform !== 'linux' && 'only Linux shows the command lines of processes in /proc'

describe('a soak run that is ended leaves no server behind', { skip }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    test(`with ${signal}`, async (t) => {
      const folder = temporaryFolder(t)
      const args = ['--disable-warning=ExperimentalWarning', MAIN, '--kills', '1000']
      const run = spawn(process.execPath, args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, TMPDIR: folder },
      })
      afterTest(t, () => void run.kill('SIGKILL'))
      await eventually(() => processesWith(folder).length > 0)
      const ended = once(run, 'exit')
      run.kill(signal)
      assert.deepEqual(await ended, signal === 'SIGTERM' ? [143, null] : [null, signal])
      await eventually(() => processesWith(folder).length === 0)
      if (signal === 'SIGTERM') assert.deepEqual(readdirSync(folder), [])
    })
})

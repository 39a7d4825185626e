import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { noPostgres } from '../support/databases.ts'
import { skipSlow } from '../support/slow-tests.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const WRITERS = 3
/** On a busy machine. */
const AT_MOST_MS = 1_200_000

test(
  'the suites of storage and of delivery pass on PostgreSQL with several writers',
  {
    skip: skipSlow || noPostgres(),
    timeout: AT_MOST_MS,
  },
  async (t) => {
    const files = globSync('test/{storage,delivery}/**/*.test.ts', {
      cwd: root,
    }).filter((file) => !file.includes('suites-of-several-writers'))
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--import=./test/support/preload.ts',
        '--test',
        '--test-concurrency=3',
        '--test-reporter=tap',
        '--test-name-pattern=on postgres',
        ...files,
      ],
      { cwd: root, env: { ...env, TEST_WRITERS: String(WRITERS) }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    const failed = output.split('\n').filter((line) => /^\s*not ok /.test(line))
    assert.deepEqual([failed, code], [[], 0])
    t.diagnostic(/^# pass (\d+)$/m.exec(output)?.[0] ?? '')
  },
)

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('steps after a test', () => {
  test('run in reverse order, each of them although others fail, and all errors are reported', async () => {
    const hooks: (() => Promise<void>)[] = []
    const t = { after: (hook: () => Promise<void>) => void hooks.push(hook) }
    const ran: string[] = []
    const step = (name: string, fails: boolean) => async () => {
      await Promise.resolve()
      ran.push(name)
      if (fails) throw new Error(name)
    }
    afterTest(t, step('remove the folder', false))
    afterTest(t, step('close the server', true))
    afterTest(t, step('close the gateway', true))
    assert.equal(hooks.length, 1)
    await assert.rejects(Promise.resolve(hooks[0]?.()), ({ errors }: AggregateError) => {
      assert.deepEqual(
        errors.map((error: Error) => error.message),
        ['close the gateway', 'close the server'],
      )
      return true
    })
    assert.deepEqual(ran, ['close the gateway', 'close the server', 'remove the folder'])
  })

  test('a test process ends when a step fails while a server is open', (t) => {
    const file = join(temporaryFolder(t), 'failing.mjs')
    writeFileSync(
      file,
      `import { createServer } from 'node:http'
import { test } from 'node:test'
import { afterTest } from ${JSON.stringify(new URL('../support/after-test.ts', import.meta.url).href)}
test('holds a server', (t) => {
  const server = createServer().listen(0)
  const fails = () => { throw new Error('this step fails') }
  afterTest(t, fails)
  afterTest(t, () => server.close())
  afterTest(t, fails)
})
`,
    )
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const ended = spawnSync(process.execPath, [file], { env, encoding: 'utf8', timeout: 30_000 })
    assert.equal(ended.error, undefined, 'the process ends by itself')
    assert.equal(ended.status, 1)
    assert.match(ended.stdout, /this step fails/)
  })

  test('are registered with afterTest in every test file', () => {
    const files = globSync('test/**/*.ts', { cwd: root }).filter(
      (file) => file !== 'test/support/after-test.ts',
    )
    assert.ok(files.length > 300, `${files.length} files`)
    const others = files.filter((file) => /\bt\.after\(/.test(readFileSync(join(root, file), 'utf8')))
    assert.deepEqual(others, [])
  })
})

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

// The file names that `node --test` runs (Node.js documentation, "Running tests from the command line").
const TAKEN_FOR_A_TEST = /^(?:test|test-.+|.+[._-]test)\.[cm]?[jt]s$/

test('the test runner would not run any file of src/ as a test', () => {
  for (const name of ['test-push.ts', 'push-test.ts', 'push_test.ts', 'push.test.ts', 'test.ts'])
    assert.match(name, TAKEN_FOR_A_TEST)
  const files = globSync('src/**/*.ts', { cwd: root })
  assert.ok(files.length > 60, `${files.length} files`)
  assert.deepEqual(
    files.filter((file) => TAKEN_FOR_A_TEST.test(basename(file))),
    [],
  )
})

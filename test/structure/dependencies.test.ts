import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('src/ imports each runtime dependency; a package that only tests import is a development dependency', () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    dependencies: Record<string, string>
  }
  const files = globSync('src/**/*.ts', { cwd: root })
  const imported = new Set(
    files.flatMap((file) =>
      [...readFileSync(root + file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^'.][^']*)'/g)].map(
        ([, name]) => name,
      ),
    ),
  )
  assert.ok(files.length > 200 && imported.has('find-my-way'), 'the files and their imports were found')
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !imported.has(name)),
    [],
  )
})

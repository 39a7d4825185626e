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

/** Permissive licences. The libraries inside the optional `sharp` are linked dynamically, as the LGPL requires. */
const ALLOWED = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'MIT-0',
  'Unlicense',
])
const SHARP = /^node_modules\/@img\/sharp-/
const isAllowed = (path: string, license = '') =>
  license
    .split(' AND ')
    .every((part) => ALLOWED.has(part) || (part === 'LGPL-3.0-or-later' && SHARP.test(path)))

test('the licence of each package that is installed with Belfry is allowed', () => {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
    packages: Record<string, { license?: string; dev?: boolean }>
  }
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  assert.ok(installed.length > 20, 'the packages were found')
  assert.deepEqual(
    installed
      .filter(([path, { license }]) => !isAllowed(path, license))
      .map(([path, { license }]) => `${path}: ${license}`),
    [],
  )
})

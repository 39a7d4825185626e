import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { runs } from '../support/property.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const OWN = 'test/structure/property-tests.test.ts'

/** Numbers of runs that `npm run fuzz -- --properties` could not change. */
const faultsIn = (file: string, source: string) =>
  [...source.matchAll(/\bnumRuns: (?!runs\()/g)].map(([found]) => `${file}: ${found}`)

test('property tests try the same values in each run of the suite, and npm run fuzz can try more', () => {
  const files = globSync('test/**/*.test.ts', { cwd: root }).filter(
    (file) => file !== OWN && readFileSync(`${root}${file}`, 'utf8').includes("from 'fast-check'"),
  )
  assert.ok(files.length > 40, `${files.length} files`)
  assert.deepEqual(
    files.flatMap((file) => faultsIn(file, readFileSync(`${root}${file}`, 'utf8'))),
    [],
  )
  assert.deepEqual(faultsIn('planted', 'fc.assert(property, { numRuns: 50 })'), ['planted: numRuns: '])
  const { seed, numRuns } = fc.readConfigureGlobal()
  assert.equal(seed, Number(process.env['TEST_SEED'] ?? 1))
  assert.equal(numRuns, runs(100))
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite, test } from 'node:test'
import { batchesOf, writeBatches } from '../../scripts/test-batches.mjs'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

suite('the batches of test files', () => {
  test('hold each file once, sixteen at most, with neighbours apart', () => {
    const names = Array.from({ length: 40 }, (_, index) => `file-${String(index).padStart(2, '0')}`)
    const batches = batchesOf(names.toReversed(), () => false)
    assert.deepEqual(batches.flat().toSorted(), names)
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [14, 13, 13],
    )
    assert.deepEqual(batches[1]?.slice(0, 2), ['file-01', 'file-04'])
  })

  test('hold files that must be apart from others by themselves', () => {
    assert.deepEqual(
      batchesOf(['a', 'b', 'c', 'd'], (name) => name === 'b' || name === 'd'),
      [
        ['b', 'd'],
        ['a', 'c'],
      ],
    )
  })

  test('are all test files of the project, and those of matrix-js-sdk share none with others', (t) => {
    const modules = globSync(writeBatches(root, temporaryFolder(t)))
    const batches = modules.map((module) =>
      [...readFileSync(module, 'utf8').matchAll(/^import "(.+)"$/gm)].map((match) => match[1] as string),
    )
    assert.deepEqual(batches.flat().toSorted(), globSync(`${root}test/**/*.test.ts`).toSorted())
    const isOfSdk = (path: string) => basename(path).startsWith('matrix-js-sdk')
    for (const batch of batches) assert.ok(batch.every(isOfSdk) || !batch.some(isOfSdk), batch.join())
  })
})

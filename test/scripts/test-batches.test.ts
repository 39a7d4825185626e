import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite, test } from 'node:test'
import { batchesOf, writeBatches } from '../../scripts/test-batches.mjs'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

suite('the batches of test files', () => {
  test('hold each file once, forty at most and fewer towards the end, with neighbours apart', () => {
    const names = Array.from({ length: 200 }, (_, index) => `file-${String(index).padStart(3, '0')}`)
    const batches = batchesOf(names.toReversed(), { isApart: () => false, atOnce: 2 })
    assert.deepEqual(batches.flat().toSorted(), names)
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [40, 40, 40, 27, 18, 12, 10, 10, 3],
    )
    for (const batch of batches)
      for (const [at, name] of batch.slice(1).entries())
        assert.ok(names.indexOf(name) - names.indexOf(batch[at] as string) > 1, `${batch[at]} and ${name}`)
  })

  test('hold files that must be apart from others by themselves', () => {
    const isApart = (name: string) => name === 'b' || name === 'd'
    assert.deepEqual(batchesOf(['a', 'b', 'c', 'd'], { isApart, atOnce: 1 }), [
      ['b', 'd'],
      ['a', 'c'],
    ])
  })

  test('are all test files of the project, and those of matrix-js-sdk share none with others', (t) => {
    const modules = globSync(writeBatches(root, temporaryFolder(t), 3))
    const batches = modules.map((module) =>
      [...readFileSync(module, 'utf8').matchAll(/^import "(.+)"$/gm)].map((match) => match[1] as string),
    )
    assert.deepEqual(batches.flat().toSorted(), globSync(`${root}test/**/*.test.ts`).toSorted())
    const isOfSdk = (path: string) => basename(path).startsWith('matrix-js-sdk')
    for (const batch of batches) assert.ok(batch.every(isOfSdk) || !batch.some(isOfSdk), batch.join())
  })
})

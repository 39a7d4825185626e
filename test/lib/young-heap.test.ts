import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { ENOUGH_YOUNG_BYTES } from '../../src/lib/young-heap.ts'

const module = pathToFileURL(`${import.meta.dirname}/../../src/lib/young-heap.ts`).href

/** The size of the young generation of a process after many objects lived for some turns of its event loop. */
async function youngBytesAfterLoad({ isBounded }: { isBounded: boolean }): Promise<number> {
  const script = `
    const { boundYoungHeap, youngBytes } = await import(${JSON.stringify(module)})
    if (${isBounded}) boundYoungHeap()
    const alive = []
    for (let turn = 0; turn < 1000; turn++) {
      alive.push(Array.from({ length: 5000 }, (_, at) => ({ turn, at })))
      if (alive.length > 100) alive.shift()
      await new Promise((next) => setImmediate(next))
    }
    console.log(youngBytes())
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return Number(stdout)
}

describe('the young generation of the heap', () => {
  test('stops growing when it is bounded', async () => {
    const bytes = await youngBytesAfterLoad({ isBounded: true })
    assert.ok(bytes >= ENOUGH_YOUNG_BYTES && bytes <= 2 * ENOUGH_YOUNG_BYTES, `${bytes} bytes`)
  })

  test('grows further when it is not bounded', async () => {
    const bytes = await youngBytesAfterLoad({ isBounded: false })
    assert.ok(bytes > 2 * ENOUGH_YOUNG_BYTES, `${bytes} bytes`)
  })
})

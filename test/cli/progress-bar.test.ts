import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withProgressBar } from '../../src/cli/progress-bar.ts'

describe('the progress bar', () => {
  const draw = async (times: readonly number[]) => {
    const drawn: string[] = []
    const clock = [0, ...times]
    const now = () => clock.shift() ?? 0
    const result = await withProgressBar(
      { drawOnTerminal: (text) => void drawn.push(text) },
      async (onProgress) => {
        for (const done of times.keys()) onProgress({ step: 'copying files', done: done + 1, total: 4 })
        return 'result'
      },
      now,
    )
    assert.equal(result, 'result')
    return drawn
  }

  test('is not drawn in the first second', async () => {
    assert.deepEqual(await draw([10, 999]), [])
  })

  test('is drawn at most every 100 ms after the first second, and cleared at the end', async () => {
    const [first, second, cleared, ...more] = await draw([10, 1000, 1050, 1100])
    assert.equal(first, `\r\u001B[K[${'#'.repeat(15)}${' '.repeat(15)}]  50 % copying files`)
    assert.equal(second, `\r\u001B[K[${'#'.repeat(30)}] 100 % copying files`)
    assert.equal(cleared, '\r\u001B[K')
    assert.deepEqual(more, [])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createBulkhead, type Pass } from '../../src/gateway/bulkhead.ts'
import { createManualClock } from '../support/manual-clock.ts'

const MOST_LINES = 10_000

function open() {
  const random = { token: () => '', below: () => 0 }
  const bulkhead = createBulkhead({ clock: createManualClock(), random, limit: 100 })
  const enter = (line: string) => bulkhead.enter(line, 'device').entrance as Pass
  /** As often as it takes until nothing is sent there any more. */
  const breakLine = (line: string) => {
    for (let n = 0; n < 5; n++) bulkhead.leave(enter(line), 'outage', 'timeout')
  }
  return { bulkhead, enter, breakLine }
}

describe('the lines of an app', () => {
  test('that do not answer are bounded: those asked for last are remembered', () => {
    const { bulkhead, enter, breakLine } = open()
    breakLine('https://push.example')
    for (let n = 0; n < MOST_LINES + 100; n++) {
      breakLine(`https://invented-${n}.test`)
      assert.equal(enter('https://push.example'), 'resting')
    }
    const troubles = bulkhead.troubles().map(({ line }) => line)
    assert.equal(troubles.length, MOST_LINES)
    assert.ok(troubles.includes('https://push.example'))
    assert.ok(!troubles.includes('https://invented-0.test'))
  })

  test('with a message in flight are not forgotten', () => {
    const { bulkhead, enter } = open()
    const pass = enter('https://push.example')
    for (let n = 0; n < MOST_LINES + 100; n++)
      bulkhead.leave(enter(`https://invented-${n}.test`), 'delivered', '')
    assert.equal(bulkhead.roomAt('https://push.example').room, 24)
    bulkhead.leave(pass, 'delivered', '')
    assert.equal(bulkhead.roomAt('https://push.example').room, 25)
    assert.equal(bulkhead.inFlight(), 0)
  })
})

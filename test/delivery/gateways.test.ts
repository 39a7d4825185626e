import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createGateways } from '../../src/delivery/gateways.ts'
import type { PokeResult } from '../../src/delivery/send-poke.ts'
import { createManualClock } from '../support/manual-clock.ts'

const HERE = 'https://gateway.test'
const sent: PokeResult = { kind: 'sent', rejected: [], status: 200, ms: 1 }
const down: PokeResult = { kind: 'retry', error: 'timeout', ms: 1 }

function open(share = 2) {
  const clock = createManualClock()
  const random = { token: () => '', below: () => 0 }
  const gateways = createGateways({ clock, random, share })
  /** One pusher after another fails. */
  const fail = (times: number, result: PokeResult = down) => {
    for (let n = 0; n < times; n++) {
      gateways.admit(HERE, n, false)
      gateways.report(HERE, n, result)
      gateways.leave(HERE, n)
    }
  }
  return { clock, gateways, fail, admit: (id: number) => gateways.admit(HERE, id, false) }
}

suite('gateways', () => {
  test('one gateway has its share and no more; another has its own', () => {
    const { gateways, admit } = open()
    assert.deepEqual([admit(1), admit(2), admit(3)], [{ kind: 'go' }, { kind: 'go' }, { kind: 'full' }])
    assert.equal(gateways.roomAt(HERE), 0)
    assert.deepEqual(gateways.admit('https://other.test', 3, false), { kind: 'go' })
    gateways.leave(HERE, 1)
    assert.equal(gateways.roomAt(HERE), 1)
    gateways.reserve(HERE)
    assert.deepEqual(gateways.admit(HERE, 3, true), { kind: 'go' }, 'its place was reserved')
  })

  test('five failures in a row are enough, four are not, and an answer begins anew', () => {
    const { gateways, fail, admit } = open()
    fail(4)
    assert.deepEqual(gateways.report(HERE, 9, sent), { kind: 'nothing' })
    fail(4)
    assert.deepEqual(admit(1), { kind: 'go' })
    const verdict = gateways.report(HERE, 1, down)
    assert.equal(verdict.kind === 'resting' && verdict.isNews, true)
    assert.deepEqual(admit(2).kind, 'resting')
  })

  test('whoever answers is there, also with a refusal, a redirect or a limit', () => {
    for (const result of [
      { kind: 'refused', error: 'status 400', status: 400, ms: 1 },
      { kind: 'retry', error: 'redirect', status: 302, ms: 1 },
      { kind: 'retry', error: 'status 429', status: 429, retryAfterMs: 9, ms: 1 },
    ] satisfies PokeResult[]) {
      const { fail, admit } = open()
      fail(10, result)
      assert.deepEqual(admit(1), { kind: 'go' })
    }
  })

  test('one pusher at a time may try, after rests that double up to five minutes', () => {
    const { clock, gateways, fail, admit } = open()
    fail(5)
    const rests: number[] = []
    for (let n = 0; n < 10; n++) {
      const held = admit(100)
      assert.ok(held.kind === 'resting')
      rests.push(held.until - clock.now())
      clock.advance(held.until - clock.now())
      assert.deepEqual(admit(7), { kind: 'go' })
      assert.equal(admit(8).kind, 'resting', 'one at a time')
      gateways.report(HERE, 7, down)
      gateways.leave(HERE, 7)
    }
    assert.deepEqual(rests, [2500, 5000, 10_000, 20_000, 40_000, 80_000, 150_000, 150_000, 150_000, 150_000])
  })

  test('the answer to a probe lets all go that were held, and forgets what was', () => {
    const { clock, gateways, fail, admit } = open()
    fail(5)
    for (let id = 10; id < 20; id++) admit(id)
    clock.advance(2500)
    admit(10)
    const verdict = gateways.report(HERE, 10, sent)
    assert.ok(verdict.kind === 'back')
    const ids = verdict.pushers.map(({ pusherId }) => pusherId)
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      [4, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    )
    gateways.leave(HERE, 10)
    assert.equal(gateways.size(), 0)
  })

  test('who was told when to come back is not called earlier', () => {
    const { clock, gateways, fail, admit } = open()
    fail(5, { kind: 'retry', error: 'status 503', status: 503, retryAfterMs: 60_000, ms: 1 })
    clock.advance(2500)
    admit(7)
    assert.deepEqual(gateways.report(HERE, 7, sent), { kind: 'back', pushers: [] })
  })

  test('a probe that comes back untried leaves its place to the next', () => {
    const { clock, gateways, fail, admit } = open()
    fail(5)
    clock.advance(2500)
    admit(7)
    gateways.leave(HERE, 7)
    assert.deepEqual(admit(8), { kind: 'go' })
  })

  test('a clock that is set back by a year does not make the rest any longer', () => {
    const { clock, fail, admit } = open()
    fail(5)
    clock.advance(-365 * 86_400_000)
    assert.deepEqual(admit(7), { kind: 'go' })
  })

  test('what is known is bounded', () => {
    const { gateways } = open()
    for (let n = 0; n < 10_100; n++) gateways.report(`https://${n}.test`, 1, down)
    assert.equal(gateways.size(), 10_000)
  })
})

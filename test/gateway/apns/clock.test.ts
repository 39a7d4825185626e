import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test, type TestContext } from 'node:test'
import { makeTokenSource } from '../../../src/gateway/apns/token.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startRig } from './fixture.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = createManualClock().now()

/** Apple with the true time, and our clock, which can be set. */
async function makeWrongClock(t: TestContext) {
  const clock = createManualClock()
  const now = () => START + clock.steady()
  return { ...(await startRig(t, { fake: { now }, deps: { clock } })), clock }
}

suite('provider tokens and a system clock that is set while running', () => {
  for (const hours of [13, -13, 2, -2])
    test(`by ${hours} h: messages go on, also after the token's time`, async (t) => {
      const { clock, send } = await makeWrongClock(t)
      assert.equal((await send()).kind, 'delivered')
      clock.step(hours * HOUR)
      assert.equal((await send()).kind, 'delivered')
      for (let at = 0; at < 8; at++) {
        clock.advance(25 * MINUTE)
        assert.equal((await send()).kind, 'delivered', `${at}`)
      }
      clock.step(-hours * HOUR)
      assert.equal((await send()).kind, 'delivered', 'and when the clock is right again')
    })

  test('a token that is called invalid after a step is made anew too, and without a step it is the app that is wrong', async (t) => {
    // The step sets the clock right: Apple's goes with it.
    const { clock, fake, send } = await startRig(t)
    const invalid = { status: 403, reason: 'InvalidProviderToken' }
    fake.script('*', invalid)
    assert.equal((await send()).kind, 'misconfigured')
    clock.step(30 * MINUTE)
    fake.script('*', invalid)
    assert.equal((await send()).kind, 'delivered')
  })

  const source = () =>
    makeTokenSource({
      teamId: 'TEAM',
      keyId: 'KEY',
      key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    })

  test('no other time is tried while the clock was not set, and one in 20 minutes where it was', () => {
    const tokens = source()
    const first = tokens.current(START, 0)
    assert.equal(tokens.retime(first, START + MINUTE, MINUTE), undefined)
    const set = START + 13 * HOUR
    const second = tokens.retime(first, set + MINUTE, MINUTE)
    assert.ok(second !== undefined && second !== first)
    assert.equal(tokens.retime(first, set + MINUTE, MINUTE), second, 'made for another message already')
    assert.equal(tokens.retime(second, set + 2 * MINUTE, 2 * MINUTE), undefined)
    const third = tokens.retime(second, set + 21 * MINUTE, 21 * MINUTE)
    assert.ok(third !== undefined && third !== second)
  })
})

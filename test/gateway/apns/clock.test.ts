import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test, type TestContext } from 'node:test'
import { makeTokenSource } from '../../../src/gateway/apns/token.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { startApnsFixture } from './fixture.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = createManualClock().now()

/** The fake APNs uses the true time. The provider uses `clock`, which the test can set. */
async function startWithSettableClock(t: TestContext) {
  const clock = createManualClock()
  const now = () => START + clock.steady()
  return { ...(await startApnsFixture(t, { fake: { now }, deps: { clock } })), clock }
}

suite('provider tokens when the system clock is set while the server runs', () => {
  for (const hours of [13, -13, 2, -2])
    test(`a step of ${hours} h: messages are delivered, also after the token has expired`, async (t) => {
      const { clock, send } = await startWithSettableClock(t)
      assert.equal((await send()).kind, 'delivered')
      clock.step(hours * HOUR)
      assert.equal((await send()).kind, 'delivered')
      for (let at = 0; at < 8; at++) {
        clock.advance(25 * MINUTE)
        assert.equal((await send()).kind, 'delivered', `${at}`)
      }
      clock.step(-hours * HOUR)
      assert.equal((await send()).kind, 'delivered', 'after the clock is correct again')
    })

  test('InvalidProviderToken after a clock step creates a new token, and without a step is a configuration error', async (t) => {
    // The step corrects the clock: the fake APNs follows the same clock.
    const { clock, fake, send } = await startApnsFixture(t)
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

  test('retime returns no new token without a clock step, and one in 20 minutes after a step', () => {
    const tokens = source()
    const first = tokens.current(START, 0)
    assert.equal(tokens.retime(first, START + MINUTE, MINUTE), undefined)
    const set = START + 13 * HOUR
    const second = tokens.retime(first, set + MINUTE, MINUTE)
    assert.ok(second !== undefined && second !== first)
    assert.equal(tokens.retime(first, set + MINUTE, MINUTE), second, 'already created for another message')
    assert.equal(tokens.retime(second, set + 2 * MINUTE, 2 * MINUTE), undefined)
    const third = tokens.retime(second, set + 21 * MINUTE, 21 * MINUTE)
    assert.ok(third !== undefined && third !== second)
  })
})

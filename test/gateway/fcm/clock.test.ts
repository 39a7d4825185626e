import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { createManualClock } from '../../support/manual-clock.ts'
import { startFcmFixture } from './fixture.ts'

const HOUR = 3_600_000
const START = createManualClock().now()

/** The fake FCM uses the true time. The provider uses `clock`, which the test can set. */
async function startWithSettableClock(t: TestContext, { wrongBy = 0, sendsDate = true }) {
  const clock = createManualClock(START + wrongBy)
  const now = () => START + clock.steady()
  return { ...(await startFcmFixture(t, { fake: { now, sendsDate }, deps: { clock } })), clock }
}

suite('FCM access tokens when the system clock is set while the server runs', () => {
  for (const hours of [13, -13])
    for (const sendsDate of [true, false])
      test(`a step of ${hours} h, ${sendsDate ? 'with' : 'without'} Google's time: messages are delivered, also with the next token`, async (t) => {
        const { clock, fake, send } = await startWithSettableClock(t, { sendsDate })
        assert.equal((await send()).kind, 'delivered')
        clock.step(hours * HOUR)
        assert.equal((await send()).kind, 'delivered')
        assert.equal(fake.granted(), 1, 'the token is valid as long as Google said')
        clock.advance(HOUR)
        assert.equal((await send()).kind, 'delivered')
        assert.equal(fake.granted(), 2)
        assert.ok(
          fake.seen.every(({ status }) => status === 0),
          'no message was refused',
        )
      })
})

suite('FCM access tokens when the system clock is wrong at the start', () => {
  for (const hours of [13, -13, 8760])
    test(`by ${hours} h: Google's time is used`, async (t) => {
      const { send } = await startWithSettableClock(t, { wrongBy: hours * HOUR })
      assert.equal((await send()).kind, 'delivered')
    })

  test('without a Date header from Google: a configuration error', async (t) => {
    const { send } = await startWithSettableClock(t, { wrongBy: 13 * HOUR, sendsDate: false })
    assert.deepEqual(await send(), { kind: 'misconfigured', reason: 'token: invalid_grant' })
  })

  test('a service account that is refused for another reason causes one token request', async (t) => {
    const { fake, send } = await startWithSettableClock(t, { wrongBy: 13 * HOUR })
    const body = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
    fake.scriptGrants({ status: 400, body })
    assert.deepEqual(await send(), { kind: 'misconfigured', reason: 'token: invalid_grant' })
    assert.equal(fake.granted(), 0)
  })
})

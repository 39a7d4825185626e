import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { createManualClock } from '../../support/manual-clock.ts'
import { startRig } from './fixture.ts'

const HOUR = 3_600_000
const START = createManualClock().now()

/** Google with the true time, and our clock, which can be set. */
async function makeWrongClock(t: TestContext, { wrongBy = 0, sendsDate = true }) {
  const clock = createManualClock(START + wrongBy)
  const now = () => START + clock.steady()
  return { ...(await startRig(t, { fake: { now, sendsDate }, deps: { clock } })), clock }
}

suite('access tokens and a system clock that is set while running', () => {
  for (const hours of [13, -13])
    for (const sendsDate of [true, false])
      test(`by ${hours} h, ${sendsDate ? 'with' : 'without'} Google's time: messages go on, and so does the next token`, async (t) => {
        const { clock, fake, send } = await makeWrongClock(t, { sendsDate })
        assert.equal((await send()).kind, 'delivered')
        clock.step(hours * HOUR)
        assert.equal((await send()).kind, 'delivered')
        assert.equal(fake.granted(), 1, 'the token lives as long as Google has said')
        clock.advance(HOUR)
        assert.equal((await send()).kind, 'delivered')
        assert.equal(fake.granted(), 2)
        assert.ok(
          fake.seen.every(({ status }) => status === 0),
          'no message was refused',
        )
      })
})

suite('access tokens and a system clock that is wrong from the start', () => {
  for (const hours of [13, -13, 8760])
    test(`by ${hours} h: Google's own time is taken`, async (t) => {
      const { send } = await makeWrongClock(t, { wrongBy: hours * HOUR })
      assert.equal((await send()).kind, 'delivered')
    })

  test('and Google does not tell the time: a configuration error', async (t) => {
    const { send } = await makeWrongClock(t, { wrongBy: 13 * HOUR, sendsDate: false })
    assert.deepEqual(await send(), { kind: 'misconfigured', reason: 'token: invalid_grant' })
  })

  test('an account that is refused for another reason is asked for once', async (t) => {
    const { fake, send } = await makeWrongClock(t, { wrongBy: 13 * HOUR })
    const body = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
    fake.scriptGrants({ status: 400, body })
    assert.deepEqual(await send(), { kind: 'misconfigured', reason: 'token: invalid_grant' })
    assert.equal(fake.granted(), 0)
  })
})

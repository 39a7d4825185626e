import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { sendWebPush } from '../../../src/gateway/webpush/send.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import type { PushResponse } from '../../support/push-service.ts'
import { httpServer } from '../../delivery/servers.ts'
import { startWebPushFixture, messageTo } from './fixture.ts'

const HOUR = 3_600_000
const START = createManualClock().now()

const json = (body: object) => JSON.stringify(body)
/** Responses of push services to a token that is not valid. */
const REFUSALS: PushResponse[] = [
  { status: 403, body: json({ reason: 'BadJwtToken' }) },
  { status: 403, body: json({ reason: 'ExpiredJwtToken' }) },
  { status: 400, body: json({ reason: 'BadJwtToken' }) },
  { status: 403, body: 'permission denied: invalid JWT provided\n' },
  { status: 401, body: json({ code: 401, errno: 109, message: 'Invalid VAPID token: bad claims' }) },
  { status: 403, body: 'the token has expired' },
  { status: 403 },
  { status: 401 },
]
/** Thirty at the same time for the first response; fewer for the others, to save time. */
const devicesOf = (refusal: PushResponse) => (refusal === REFUSALS[0] ? 30 : 3)
const titleOf = ({ status, body = 'without a body' }: PushResponse) => `${status} ${body.trim()}`

/** The push service uses the true time. The sender uses `clock`, which the test can set. */
async function startWithSettableClock(
  t: TestContext,
  { refusal, sendsDate = true, wrongBy = 0 }: ClockSettings,
) {
  const refused: string[] = []
  const clock = createManualClock(START + wrongBy)
  const now = () => START + clock.steady()
  const refuse = (fault: string) => {
    refused.push(fault)
    return refusal
  }
  const fixture = await startWebPushFixture(t, { now, sendsDate, refuse }, clock)
  const outcomes = async (count: number) => {
    const subscriptions = Array.from({ length: count }, () => fixture.service.subscribe())
    const results = await Promise.all(
      subscriptions.map((subscription) => sendWebPush(fixture.deps, messageTo(subscription))),
    )
    return [...new Set(results.map(({ kind }) => kind))]
  }
  return { ...fixture, refused, outcomes }
}
type ClockSettings = { refusal: PushResponse; sendsDate?: boolean; wrongBy?: number }

suite('VAPID tokens when the system clock is set while the server runs', () => {
  for (const refusal of REFUSALS)
    for (const hours of [13, -13, 48])
      for (const sendsDate of [true, false])
        test(`a step of ${hours} h: "${titleOf(refusal)}" ${sendsDate ? 'with' : 'without'} the service's time: all messages are delivered`, async (t) => {
          const { clock, outcomes, refused } = await startWithSettableClock(t, { refusal, sendsDate })
          const devices = devicesOf(refusal)
          assert.deepEqual(await outcomes(1), ['delivered'])
          clock.step(hours * HOUR)
          assert.deepEqual(await outcomes(devices), ['delivered'])
          assert.ok(refused.length > 0, 'the first token after the step was refused')
          const before = refused.length
          assert.deepEqual(await outcomes(devices), ['delivered'])
          assert.equal(refused.length, before, 'the accepted token is used again')
        })

  test('a step that is corrected again causes no refused token', async (t) => {
    const { clock, outcomes, refused } = await startWithSettableClock(t, { refusal: { status: 403 } })
    clock.step(13 * HOUR)
    await outcomes(2)
    clock.step(-13 * HOUR)
    refused.length = 0
    assert.deepEqual(await outcomes(2), ['delivered'])
    assert.equal(refused.length, 0)
  })

  test('a step within the lifetime of a token causes no refused token', async (t) => {
    const { clock, outcomes, refused } = await startWithSettableClock(t, { refusal: { status: 403 } })
    await outcomes(1)
    clock.step(5 * HOUR)
    assert.deepEqual(await outcomes(1), ['delivered'])
    assert.equal(refused.length, 0)
  })

  test('a token is renewed after half a day of the system clock or of the steady clock', async (t) => {
    const { clock, outcomes, service } = await startWithSettableClock(t, { refusal: { status: 403 } })
    await outcomes(1)
    clock.advance(11 * HOUR)
    clock.step(-10 * HOUR)
    await outcomes(1)
    clock.advance(HOUR)
    await outcomes(1)
    assert.equal(new Set(service.received.map(({ headers }) => headers.authorization)).size, 2)
  })
})

suite('VAPID tokens when the system clock is wrong at the start', () => {
  for (const hours of [13, -14, 8760])
    test(`by ${hours} h: the time of the push service is used`, async (t) => {
      const { outcomes } = await startWithSettableClock(t, {
        refusal: { status: 403 },
        wrongBy: hours * HOUR,
      })
      assert.deepEqual(await outcomes(30), ['delivered'])
    })

  for (const refusal of REFUSALS)
    test(`"${titleOf(refusal)}" without a Date header: a configuration error, no rejection`, async (t) => {
      const wrong = { refusal, sendsDate: false, wrongBy: 13 * HOUR }
      const { clock, outcomes } = await startWithSettableClock(t, wrong)
      const devices = devicesOf(refusal)
      assert.deepEqual(await outcomes(devices), ['misconfigured'])
      clock.step(-13 * HOUR)
      assert.deepEqual(await outcomes(devices), ['delivered'], 'after the clock is corrected')
    })
})

suite('a VAPID token that is refused with any times', () => {
  for (const refusal of REFUSALS)
    test(`${titleOf(refusal)}: a configuration error for each device`, async (t) => {
      const { service, clock, deps } = await startWebPushFixture(t)
      service.respondWith(refusal)
      const results = []
      const devices = devicesOf(refusal)
      for (let at = 0; at < devices; at++)
        results.push(await sendWebPush(deps, messageTo(service.subscribe())))
      assert.deepEqual(
        [...new Set(results.map(({ kind }) => kind))],
        ['misconfigured'],
        json(results[0] ?? {}),
      )
      // The clocks agree, so no token with another time is tried.
      assert.equal(service.received.length, devices)
      service.respondWith(undefined)
      clock.advance(1000)
      assert.equal((await sendWebPush(deps, messageTo(service.subscribe()))).kind, 'delivered')
    })

  test('four tokens at most are tried in a minute, also when the push service reports a new time with each response', async (t) => {
    const clock = createManualClock()
    let claimed = START
    const tokens = new Set<string | undefined>()
    await using server = await httpServer((request, response) => {
      tokens.add(request.headers.authorization)
      claimed += 50 * HOUR
      response.writeHead(403, { date: new Date(claimed).toUTCString() }).end()
    })
    const { service, deps } = await startWebPushFixture(t, {}, clock)
    const send = async () => {
      const subscription = { ...service.subscribe(), endpoint: server.url }
      return (await sendWebPush(deps, messageTo(subscription))).kind
    }
    for (let at = 0; at < 20; at++) assert.equal(await send(), 'misconfigured')
    assert.equal(tokens.size, 4)
    clock.advance(60_000)
    for (let at = 0; at < 20; at++) await send()
    assert.ok(tokens.size > 4 && tokens.size <= 8)
  })
})

test('all tokens for one message share one deadline', async (t) => {
  const HOUR_LESS_A_LITTLE = HOUR - 5
  const clock = createManualClock()
  let responses = 0
  await using server = await httpServer((_request, response) => {
    // The second request hangs. It has 5 ms left, not an hour.
    if (++responses > 1) return
    clock.advance(HOUR_LESS_A_LITTLE)
    response.writeHead(403, { date: new Date(START + 48 * HOUR).toUTCString() }).end()
  })
  const { service, deps } = await startWebPushFixture(t, {}, clock)
  const subscription = { ...service.subscribe(), endpoint: server.url }
  const result = await sendWebPush({ ...deps, deadlineMs: HOUR }, messageTo(subscription))
  assert.deepEqual(result, { kind: 'retry', reason: 'timeout' })
})

suite('a response about the subscription', () => {
  const rows: [title: string, refusal: PushResponse, outcome: string, reason: string][] = [
    [
      'Apple',
      { status: 400, body: json({ reason: 'VapidPkHashMismatch' }) },
      'rejected',
      'VapidPkHashMismatch',
    ],
    [
      'Apple, as 403',
      { status: 403, body: json({ reason: 'VapidPkHashMismatch' }) },
      'rejected',
      'VapidPkHashMismatch',
    ],
    [
      'Google',
      {
        status: 403,
        body: 'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n',
      },
      'rejected',
      'VAPID key mismatch',
    ],
    [
      'Mozilla',
      { status: 401, body: json({ code: 401, errno: 109, message: 'VAPID public key mismatch' }) },
      'rejected',
      'VAPID key mismatch',
    ],
    ['403 without a body', { status: 403 }, 'rejected', 'status 403'],
    // The response of Microsoft. The subscription is kept, and no other device waits for it.
    ['401 without a body', { status: 401 }, 'retry', 'status 401'],
  ]
  for (const [title, refusal, outcome, reason] of rows)
    test(`${title}: ${outcome}, if a token was accepted before`, async (t) => {
      const { service, send } = await startWebPushFixture(t)
      assert.equal((await send()).kind, 'delivered')
      service.respondWith(refusal)
      const result = await send()
      assert.deepEqual([result.kind, result.status, result.reason], [outcome, refusal.status, reason])
      assert.equal(service.received.length, 2)
    })

  for (const [title, refusal, , reason] of rows.slice(0, 4))
    test(`${title}: a retry for this device only, if no token was accepted before`, async (t) => {
      const { service, send } = await startWebPushFixture(t)
      service.respondWith(refusal)
      assert.deepEqual(await send(), { kind: 'retry', status: refusal.status, reason, isOfDevice: true })
    })
})

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { makePokeSender, type PokeSender } from '../../src/delivery/send-poke.ts'
import { reportPushers } from '../../src/pushers/report-pushers.ts'
import { type TestPushDeps, testPush } from '../../src/pushers/send-test-push.ts'
import type { Database } from '../../src/storage/database.ts'
import { alice, untilIdle, bob, bodies, carol, loopbackSender, setUp } from '../delivery/delivery-fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'

async function createTestPushFixture(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { delivery, gateway } = await setUp(t, open)
  const rejected: number[] = []
  const deps: TestPushDeps = {
    ...delivery.pushers,
    random: { token: () => 'Zm9v_-', below: () => 0 },
    send: loopbackSender(t, delivery.clock),
    events: { pusherRejected: ({ pusherId }) => void rejected.push(pusherId) },
    includeContent: true,
  }
  const key = { userId: bob, appId: 'org.example.app', pushkey: 'key', signal: new AbortController().signal }
  const run = (more: Partial<Parameters<typeof testPush>[1]> = {}, sender: PokeSender = deps.send) =>
    testPush({ ...deps, send: sender }, { ...key, ...more })
  return { delivery, gateway, rejected, run, deps }
}

onEachDatabase('test push', (open) => {
  test('ok: the gateway accepts a real poke, and the queue is unchanged', async (t) => {
    const { delivery, gateway, run } = await createTestPushFixture(t, open)
    await delivery.say(alice, 'queued')
    assert.deepEqual(await run({ eventId: '$chosen' }), {
      status: 'ok',
      attempt: { eventId: '$chosen', gatewayStatus: 200, ms: 0, error: null },
    })
    const [row] = await delivery.pusherRows()
    assert.deepEqual(gateway.pokes, [
      {
        event_id: '$chosen',
        devices: [
          {
            app_id: 'org.example.app',
            pushkey: 'key',
            pushkey_ts: Math.floor((row?.set_at ?? 0) / 1000),
            data: { custom: 7 },
          },
        ],
      },
    ])
    assert.equal(await delivery.queued(), 1)
    assert.equal((await run()).attempt?.eventId, '$test-push-Zm9v_-')
  })

  test('rejected: the pusher is removed, unless the rejected pushkey is another one', async (t) => {
    const { delivery, gateway, rejected, run } = await createTestPushFixture(t, open)
    gateway.respondWith({ body: { rejected: ['another key'] } })
    assert.equal((await run()).status, 'ok')
    gateway.respondWith({ body: { rejected: ['key'] } })
    assert.equal((await run()).status, 'rejected')
    assert.deepEqual(await delivery.pusherRows(), [])
    assert.equal(rejected.length, 1)
    const asked = { viewer: bob, of: bob, now: delivery.clock.now(), after: 0, limit: 1 } as const
    const { removed } = await reportPushers(delivery.db, asked)
    assert.equal(removed[0]?.['reason'], 'rejected')
    assert.deepEqual(await run(), { status: 'not_registered', attempt: null })
  })

  test('rejected: a pusher that was set again during the test is kept', async (t) => {
    const { delivery, gateway, rejected, run } = await createTestPushFixture(t, open)
    gateway.respondWith(async () => {
      delivery.clock.advance(1)
      await delivery.setPusher(bob, { data: { url: gateway.url } })
      return { body: { rejected: ['key'] } }
    })
    assert.equal((await run()).status, 'rejected')
    assert.equal((await delivery.pusherRows()).length, 1)
    assert.deepEqual(rejected, [])
  })

  test('rate_limited and unreachable: the result has the status and the error of the gateway', async (t) => {
    const { delivery, gateway, run } = await createTestPushFixture(t, open)
    for (const [status, word] of [
      [429, 'rate_limited'],
      [503, 'unreachable'],
      [404, 'unreachable'],
    ] as const) {
      gateway.respondWith({ status })
      const { status: result, attempt } = await run()
      assert.deepEqual([result, attempt?.gatewayStatus, attempt?.error], [word, status, `status ${status}`])
    }
    const gone = await startPokeReceiver(t)
    await gone.close()
    await delivery.setPusher(bob, { data: { url: gone.url } })
    const { status, attempt } = await run()
    assert.deepEqual(
      [status, attempt?.gatewayStatus, attempt?.error],
      ['unreachable', null, 'connection refused'],
    )
    const [row] = await delivery.pusherRows()
    assert.deepEqual(
      [row?.failing_since, row?.last_error],
      [null, null],
      'a failed test does not change the state of the queue',
    )
  })

  test('blocked: no connection is opened', async (t) => {
    const { delivery, run } = await createTestPushFixture(t, open)
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    afterTest(t, () => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/_matrix/push/v1/notify`
    await delivery.setPusher(bob, { data: { url } })
    const agent = makePokeAgent({ policy: makeIpPolicy([]) })
    afterTest(t, () => agent[Symbol.asyncDispose]())
    const { status, attempt } = await run({}, makePokeSender({ agent }))
    assert.deepEqual([status, attempt?.error], ['blocked', 'blocked by the IP policy'])
    assert.equal(connections, 0)
  })

  test('not_registered: the user has no such pusher; disabled: the pusher is disabled', async (t) => {
    const { delivery, gateway, run } = await createTestPushFixture(t, open)
    const none = { status: 'not_registered', attempt: null }
    assert.deepEqual(await run({ pushkey: 'other' }), none)
    assert.deepEqual(await run({ appId: 'other' }), none)
    assert.deepEqual(await run({ userId: carol }), none)
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    assert.deepEqual(await run(), { status: 'disabled', attempt: null })
    assert.deepEqual(gateway.pokes, [])
  })

  test('the poke has the format event_id_only when the server includes no content', async (t) => {
    const { gateway, deps, run } = await createTestPushFixture(t, open)
    deps.includeContent = false
    await run()
    assert.deepEqual(gateway.pokes[0]?.devices[0]?.data, { custom: 7, format: 'event_id_only' })
  })

  test('a successful test ends the back-off of the queue', async (t) => {
    const { delivery, gateway, run } = await createTestPushFixture(t, open)
    gateway.respondWith({ status: 500 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(async () => (await delivery.pusherRows())[0]?.next_attempt_at !== null)
    gateway.respondWith({})
    assert.equal((await run()).status, 'ok')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes.filter(({ type }) => type !== undefined)), ['one', 'one'])
  })

  test('unreachable: the request was aborted while the gateway did not respond', async (t) => {
    const { gateway, run } = await createTestPushFixture(t, open)
    const aborted = new AbortController()
    gateway.respondWith(() => new Promise(() => undefined))
    const running = run({ signal: aborted.signal })
    await gateway.waitFor(() => true)
    aborted.abort()
    const { status, attempt } = await running
    assert.deepEqual([status, attempt?.error], ['unreachable', 'stopped'])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLIENT_PREFIXES } from '../../src/http/route.ts'
import { pusherRoutes } from '../../src/client-api/pushers.ts'
import { checkGatewayUrl } from '../../src/delivery/gateway-url.ts'
import { createOccupancy } from '../../src/lib/occupancy.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import type { PusherDeps } from '../../src/pushers/set-pusher.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { query } from '../../src/storage/query.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { NO_FETCHES } from '../../src/trace/arrival/fetches.ts'
import { NO_TRACE } from '../../src/trace/trace.ts'
import { alice, bearer, startServer } from '../http/server-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import type { Database } from '../../src/storage/database.ts'
import { inject } from '../support/inject.ts'
import { NO_ARRIVAL } from '../support/no-arrival.ts'

/** The body of the example in the founding text, unchanged. */
const FOUNDING = {
  pushkey: 'a routing address',
  kind: 'http',
  instance_handle: 'phone-1',
  app_id: 'org.example.app.ios',
  app_display_name: 'App',
  device_display_name: 'Phone',
  lang: 'en-US',
  data: { url: 'https://1.1.1.1/_matrix/push/v1/notify', brand: 'kept' },
}

const addDevice = query()((db) =>
  db.insertInto('devices').values({ user_id: alice.userId, device_id: alice.deviceId, created_at: 0 }),
)

async function serve(db: Database) {
  await db.transaction((tx) => tx.run(addDevice, {}))
  const policy = makeIpPolicy([])
  const deps: PusherDeps = {
    db,
    bus: createLocalBus(),
    clock: createManualClock(),
    random: systemRandom,
    trace: NO_TRACE,
    maxPushersPerUser: 100,
    checkUrl: (url) => checkGatewayUrl(url, { policy, lookup: async () => [] }),
    urlChecks: createOccupancy(100),
    startBadge: async () => undefined,
    endBadge: async () => undefined,
    copyRules: async () => undefined,
  }
  const { server, [Symbol.asyncDispose]: close } = startServer(pusherRoutes({ ...deps, fetches: NO_FETCHES }))
  const ask = async (prefix: string, body?: object) => {
    const response = await inject(server, {
      method: body ? 'POST' : 'GET',
      url: `/_matrix/client/${prefix}/pushers${body ? '/set' : ''}`,
      headers: bearer,
      ...(body && { payload: body }),
    })
    return { status: response.statusCode, body: JSON.parse(response.body) as Record<string, unknown> }
  }
  const listed = async () => (await ask('v3')).body['pushers'] as Record<string, unknown>[]
  return { server, ask, listed, [Symbol.asyncDispose]: close }
}

onEachDatabase('pushers over HTTP', (open) => {
  for (const prefix of CLIENT_PREFIXES) {
    test(`"If the pusher was created successfully, an empty JSON dictionary is returned": under ${prefix}`, async (t) => {
      await using api = await serve(await open(t))
      assert.deepEqual(await api.ask(prefix, FOUNDING), { status: 200, body: {} })
      const [pusher] = (await api.ask(prefix)).body['pushers'] as Record<string, unknown>[]
      const { 'org.belfry.status': status, ...settings } = pusher ?? {}
      assert.deepEqual(settings, {
        ...FOUNDING,
        profile_tag: 'phone-1',
        enabled: true,
        'org.matrix.msc3881.enabled': true,
        device_id: alice.deviceId,
        'org.matrix.msc3881.device_id': alice.deviceId,
      })
      assert.deepEqual(status, {
        state: 'ok',
        device_id: alice.deviceId,
        queued: 0,
        last_success_at: null,
        failing_since: null,
        attempts: 0,
        sending_since: null,
        held_until: null,
        next_attempt_at: null,
        last_error: null,
        last_error_at: null,
        handle_shared_with: [],
        arrival: NO_ARRIVAL,
      })
      assert.deepEqual(await api.ask(prefix, { ...FOUNDING, kind: null }), { status: 200, body: {} })
      assert.deepEqual(await api.listed(), [])
    })
  }

  test('instance_handle is required under api/v1, and optional under the other prefixes', async (t) => {
    await using api = await serve(await open(t))
    const { instance_handle: _handle, ...bare } = FOUNDING
    assert.deepEqual(await api.ask('api/v1', bare), {
      status: 400,
      body: { errcode: 'M_MISSING_PARAM', error: 'Missing: instance_handle' },
    })
    for (const prefix of ['r0', 'v3']) assert.equal((await api.ask(prefix, bare)).status, 200)
  })

  test('a URL with a private address is refused with the reason', async (t) => {
    await using api = await serve(await open(t))
    const data = { url: 'https://127.0.0.1/_matrix/push/v1/notify' }
    const refused = await api.ask('v3', { ...FOUNDING, data })
    assert.equal(refused.status, 400)
    assert.equal(refused.body['errcode'], 'M_INVALID_PARAM')
    assert.match(String(refused.body['error']), /blocked by the IP policy/)
    assert.deepEqual(await api.listed(), [])
  })

  test('requests without a token return 401', async (t) => {
    await using api = await serve(await open(t))
    for (const [method, url] of [
      ['GET', '/_matrix/client/v3/pushers'],
      ['POST', '/_matrix/client/v3/pushers/set'],
    ] as const)
      assert.equal((await inject(api.server, { method, url })).statusCode, 401)
  })
})

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { stepTraceOf } from '../../src/gateway-app/step-trace.ts'
import { createGatewayEvents } from '../../src/gateway/gateway-events.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { call } from '../support/client.ts'
import { openTestSqlite } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer } from '../support/server.ts'

// The load that an unknown client can cause at the gateway of a default server, over HTTP.

const APPS = {
  up: { type: 'unifiedpush' },
  web: { type: 'unifiedpush', allowed_endpoints: ['push.example'] },
}

async function openGateway(t: TestContext, env: Record<string, string> = {}) {
  const clock = createManualClock()
  const server = await startTestServer(t, {
    env: { BELFRY_GATEWAY_APPS: JSON.stringify(APPS), BELFRY_PUSH_ALLOW_IP_RANGES: '', ...env },
    environment: { clock },
  })
  let events = 0
  const notify = (devices: readonly (readonly [app: string, pushkey: string])[], content: object = {}) =>
    call(`${server.url}/_matrix/push/v1/notify`, {
      body: {
        notification: {
          event_id: `$${++events}`,
          content,
          devices: devices.map(([app_id, pushkey]) => ({ app_id, pushkey })),
        },
      },
    })
  const queued = async () => {
    const { body } = await call(`${server.url}/health`)
    return (body['gateway'] as { queued: number }).queued
  }
  return { clock, notify, queued }
}

test('a notification for a refused address is not stored', async (t) => {
  const { notify, queued } = await openGateway(t)
  const hosts = [
    'https://10.0.0.1',
    'http://127.0.0.1:9',
    'https://localhost',
    'http://[::1]',
    'https://169.254.169.254',
  ]
  for (let n = 0; n < 3; n++) {
    const refused = hosts.map((host) => ['up', `${host}/${n}`] as const)
    const response = await notify([...refused, ['web', `https://elsewhere.invalid/${n}`]])
    // No pushkey is rejected, because the operator can allow the addresses later.
    assert.deepEqual([response.status, response.body], [200, { rejected: [] }])
    assert.equal(await queued(), 0)
  }
})

test('a request counts as one push for each of its devices', async (t) => {
  const { clock, notify } = await openGateway(t, {
    BELFRY_RATE_LIMITS_ENABLED: 'true',
    BELFRY_RATE_LIMITS_PUSHES_PER_SECOND_PER_ADDRESS: '10',
    BELFRY_RATE_LIMITS_PUSH_BURST_PER_ADDRESS: '100',
  })
  const devices = (count: number) => Array.from({ length: count }, (_, n) => ['none', `key ${n}`] as const)
  assert.equal((await notify(devices(60))).status, 200)
  const refused = await notify(devices(60))
  assert.deepEqual([refused.status, refused.body['errcode']], [429, 'M_LIMIT_EXCEEDED'])
  assert.equal((await notify(devices(30))).status, 200)
  clock.advance(10_000)
  assert.equal((await notify(devices(100))).status, 200, 'the largest burst')
})

/** Pushkeys of unknown hosts: their notifications stay in the queue. */
const absent = (count: number, call = 0) =>
  Array.from({ length: count }, (_, n) => ['up', `https://host.invalid/${call}/${n}`] as const)

test('the queue of one address is limited in bytes, and returns 429 above the limit', async (t) => {
  const { notify, queued } = await openGateway(t, {
    BELFRY_GATEWAY_MAX_QUEUED_BYTES_PER_ADDRESS: '50000',
  })
  const content = { body: 'x'.repeat(200_000), formatted_body: 'x'.repeat(200_000) }
  assert.equal((await notify(absent(10), content)).status, 200)
  // Each notification is shortened to the size for the provider, not stored with its 400 KB.
  assert.equal(await queued(), 10)
  const refused = await notify(absent(100, 1), content)
  assert.deepEqual([refused.status, refused.body['errcode']], [429, 'M_LIMIT_EXCEEDED'])
  const waiting = await queued()
  assert.ok(waiting < 50, `${waiting} of at least 1 KB`)
  assert.equal((await notify(absent(100, 2), content)).status, 429)
  assert.equal(await queued(), waiting)
})

test('the queue is limited in bytes in total, and returns 503 above the limit', async (t) => {
  const { notify, queued } = await openGateway(t, { BELFRY_GATEWAY_MAX_QUEUED_BYTES: '50000' })
  assert.equal((await notify(absent(100))).status, 503)
  const waiting = await queued()
  assert.ok(waiting > 0 && waiting < 100, `${waiting}`)
  assert.equal((await notify(absent(100, 1))).status, 503)
  assert.equal(await queued(), waiting)
})

test('a notification that no provider would accept is not queued', async (t) => {
  const { notify, queued } = await openGateway(t)
  const long = `https://host.invalid/${'x'.repeat(20_000)}`
  const response = await notify([['up', long]])
  assert.deepEqual([response.status, response.body], [200, { rejected: [] }])
  assert.equal(await queued(), 0)
})

test('any number of refused notifications writes one log line of limited length', () => {
  const lines: string[] = []
  const record = createGatewayEvents({
    log: createLog({ level: 'info', stream: { write: (line: string) => void lines.push(line) } }),
    metrics: createMetrics({ processMetrics: false }),
    clock: createManualClock(),
  })
  const step = { appId: 'app', app: 'app', attempt: 1, at: 0, pushkeyHash: 'hash' } as const
  for (let n = 0; n < 100; n++)
    for (const outcome of ['rejected', 'dropped', 'failed', 'configuration error'] as const)
      record({ ...step, outcome, reason: 'no such inbox', eventId: `$${n}${'x'.repeat(100_000)}` })
  assert.equal(lines.length, 4)
  for (const line of lines) assert.ok(line.length < 500, line.slice(0, 500))
  record({ ...step, outcome: 'rejected', reason: 'no such inbox', status: 410 })
  assert.equal(lines.length, 5, 'each rejection by a provider is logged')
})

test('no step is recorded for an invalid event id or app id', async (t) => {
  const noted: string[] = []
  const trace = stepTraceOf({
    record: ({ eventId }) => void noted.push(eventId),
    recordIn: async (_tx, steps) => void noted.push(...steps.map(({ eventId }) => eventId)),
    [Symbol.asyncDispose]: async () => undefined,
  })
  const step = { outcome: 'delivered', reason: 'ok', attempt: 1, at: 0, pushkeyHash: 'hash' } as const
  const steps = [
    { ...step, appId: 'app', eventId: '$sound' },
    { ...step, appId: 'app', eventId: `$${'x'.repeat(255)}` },
    { ...step, appId: 'x'.repeat(256), eventId: '$other' },
    { ...step, appId: 'app' },
  ]
  for (const one of steps) trace.record(one)
  assert.deepEqual(noted, ['$sound'])
  const db = await openTestSqlite(t)
  await db.transaction((tx) => trace.recordIn(tx, steps))
  assert.deepEqual(noted, ['$sound', '$sound'])
})

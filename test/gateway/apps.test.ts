import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { readApps, type ProviderTypes } from '../../src/gateway/app-settings.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { dead, delivered, doubtful, openGateway, type Script, scripted } from './fixture.ts'

const strict = {
  ...scripted(() => undefined, []),
  options: z.object({ topic: z.string(), ttl: z.number().default(5) }),
}
const types: ProviderTypes = new Map([
  ['scripted', async () => scripted(() => undefined, [])],
  ['gcm', async () => strict],
])

test('apps are read with the keys of their type, and an unknown key is a warning', async () => {
  const { apps, warnings, faults } = await readApps(
    {
      'a.*': { type: 'gcm', topic: 't', inflight_request_limit: 3, colour: 'red' },
      b: { type: 'scripted' },
    },
    types,
  )
  assert.deepEqual(
    apps.map(({ id, options, limit }) => ({ id, options, limit })),
    [
      { id: 'a.*', options: { topic: 't', ttl: 5 }, limit: 3 },
      { id: 'b', options: {}, limit: 512 },
    ],
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(warnings, ['"apps.a.*.colour" is not known to apps of type gcm; it is ignored'])
  assert.deepEqual(await readApps(undefined, types), { apps: [], faults: [], warnings: [] })
})

test('a fault of an app names the key and not its value', async () => {
  for (const [app, says] of [
    [{ type: 'gcm' }, /"apps.x.topic" is missing/],
    [{ type: 'gcm', topic: ['secret'] }, /"apps.x.topic": expected string/],
    [{ type: 'pigeon' }, /"apps.x.type": expected one of scripted, gcm/],
    [{ type: 'sygnal.secretpushkin.Pushkin' }, /Python classes are not supported/],
    [{ type: 'gcm', api_version: 'legacy' }, /shut down the legacy API/],
    [{ type: 'gcm', api_key: 'secret' }, /belongs to the legacy API/],
    [{ topic: 't' }, /"apps.x.type" is missing/],
    ['secret', /expected a mapping/],
    [{ type: 'scripted', inflight_request_limit: 0 }, /inflight_request_limit/],
  ] as const) {
    const { apps, faults } = await readApps({ x: app }, types)
    assert.deepEqual(apps, [])
    const message = faults.map(({ text }) => text).join('; ')
    assert.match(message, says)
    assert.ok(!message.includes("'secret'") && !message.includes('"secret"'), message)
  }
  await assert.rejects(readApps([], types), /expected app ids/)
  const { faults } = await readApps({ ['x'.repeat(65)]: { type: 'scripted' } }, types)
  assert.match(String(faults[0]?.text), /1 to 64 characters/)
})

test('a wrong topic for a whole app rejects no pushkey: it raises an alarm, and all notifications are retried after the configuration is corrected', async (t) => {
  let result: ProviderResult = doubtful
  await using fixture = await openGateway(await openTestSqlite(t), { script: () => result })
  for (let n = 0; n < 50; n++)
    assert.deepEqual(await fixture.push({ pushkey: `key ${n}` }), { rejected: [] }, `key ${n}`)
  assert.ok(!fixture.outcomes().includes('rejected'))
  assert.equal(fixture.gateway.health().apps['app']?.state, 'alarmed')
  const alarms = fixture.lines.filter(
    ({ level, msg }) => level === 'error' && /no pushkey is rejected/.test(String(msg)),
  )
  assert.equal(alarms.length, 1)
  assert.match(await fixture.metrics.registry.metrics(), /^belfry_gateway_app_alarmed\{app="app"\} 1$/m)
  assert.equal(fixture.sent.length, 10, 'the app is paused, and no request is made for the other devices')
  result = delivered
  fixture.gateway.replaceApps(await fixture.open({ app: { type: 'scripted' } }))
  await eventually(() => {
    fixture.clock.advance(1000)
    return fixture.outcomes().filter((outcome) => outcome === 'delivered').length === 50
  })
  assert.equal(fixture.gateway.health().apps['app']?.state, 'ok')
})

test('a burst of invalid tokens: the first are rejected, an alarm pauses the app, and a delivery ends the alarm', async (t) => {
  const script: Script = ({ device }) => (device.pushkey.startsWith('dead') ? dead : delivered)
  await using fixture = await openGateway(await openTestSqlite(t), { script })
  const responses: string[][] = []
  for (let n = 0; n < 12; n++) responses.push((await fixture.push({ pushkey: `dead ${n}` })).rejected)
  assert.equal(responses.flat().length, 9)
  assert.deepEqual(await fixture.push({ pushkey: 'alive' }), { rejected: [] }, 'it waits during the alarm')
  await eventually(() => {
    fixture.clock.advance(10_000)
    return fixture.outcomes().filter((outcome) => outcome === 'rejected').length === 12
  })
  assert.ok(fixture.sent.some(({ device }) => device.pushkey === 'alive'))
  assert.equal(fixture.gateway.health().apps['app']?.state, 'ok')
})

test('metrics have the names of Belfry and of Sygnal, and contain no pushkey', async (t) => {
  const metrics = createMetrics({ processMetrics: false })
  const secret = 'c2VjcmV0'
  const apps = { 'app*': { type: 'scripted', expires: 1_900_000_000_000 } }
  await using fixture = await openGateway(await openTestSqlite(t), {
    apps,
    script: () => dead,
    deps: { metrics },
  })
  await fixture.push({ app: 'app.x', pushkey: secret })
  const text = await metrics.registry.metrics()
  for (const line of [
    'belfry_gateway_answers_total{app="app*",code="410"} 1',
    'belfry_gateway_credentials_expire_seconds{app="app*"} 1900000000',
    'sygnal_client_cert_expiry{pushkin="app*"} 1900000000',
    'belfry_gateway_attempts_in_flight{type="scripted"} 0',
    'belfry_gateway_queue_size 0',
    'sygnal_active_apns_requests 0',
    'sygnal_pending_gcm_requests 0',
    'sygnal_active_webpush_requests 0',
  ])
    assert.ok(text.includes(`\n${line}\n`), line)
  for (const name of [
    'sygnal_apns_request_time',
    'sygnal_gcm_request_time',
    'sygnal_gcm_queue_time',
    'sygnal_webpush_request_time',
    'sygnal_webpush_queue_time',
    'sygnal_apns_status_codes',
    'sygnal_gcm_status_codes',
  ])
    assert.ok(text.includes(`# TYPE ${name} `), name)
  assert.ok(!JSON.stringify([fixture.lines, fixture.steps, text]).includes(secret))
})

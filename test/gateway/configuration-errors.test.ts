import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { doubtful, misconfigured, openGateway, type Script } from './fixture.ts'

// A configuration error pauses all devices of an app, unless a delivery to another device shows that the app
// is configured correctly.

const ofPlatform: ProviderResult = {
  kind: 'misconfigured',
  reason: 'THIRD_PARTY_AUTH_ERROR',
  status: 401,
  isOfDevice: true,
}

/** Devices whose pushkey starts with `failing` get this result. Pushes to all others are delivered. */
const failSomeDevices =
  (result: ProviderResult): Script =>
  ({ device }) =>
    device.pushkey.startsWith('failing') ? result : undefined

const pushkeysOf = (sent: { device: { pushkey: string } }[]) => sent.map(({ device }) => device.pushkey)

test('a configuration error of one device does not pause other devices, even before the first delivery', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), { script: failSomeDevices(ofPlatform) })
  for (let n = 0; n < 20; n++)
    assert.deepEqual(await fixture.push({ pushkey: `failing ${n}` }), { rejected: [] })
  await fixture.push({ pushkey: 'valid' })
  assert.equal(fixture.outcomes().at(-1), 'delivered')
  const { state, troubles } = fixture.gateway.health().apps['app'] ?? assert.fail()
  assert.deepEqual([state, troubles.map(({ reason }) => reason)], ['degraded', ['THIRD_PARTY_AUTH_ERROR']])
  fixture.clock.advance(3_600_001)
  assert.equal(fixture.gateway.health().apps['app']?.state, 'ok')
})

test('a device that the provider refuses with a configuration error does not pause an app that has delivered', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), { script: failSomeDevices(misconfigured) })
  await fixture.push({ pushkey: 'valid' })
  for (let n = 0; n < 20; n++) await fixture.push({ pushkey: 'failing', event: `$${n}` })
  await fixture.push({ pushkey: 'valid', event: '$last' })
  assert.equal(fixture.outcomes().at(-1), 'delivered')
  assert.equal(fixture.gateway.health().apps['app']?.state, 'degraded')
})

test('five refused devices in a row pause an app that has delivered; a delivery between them does not', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), { script: failSomeDevices(misconfigured) })
  const refused = async (from: number, to: number) => {
    for (let n = from; n < to; n++) await fixture.push({ pushkey: `failing ${n}` })
  }
  await fixture.push({ pushkey: 'valid' })
  await refused(0, 4)
  await fixture.push({ pushkey: 'valid', event: '$2' })
  await refused(4, 8)
  assert.equal(fixture.gateway.health().apps['app']?.state, 'degraded')
  await refused(8, 20)
  assert.equal(fixture.gateway.health().apps['app']?.state, 'failing')
  assert.equal(fixture.sent.length, 2 + 9)
})

test('a paused app resumes with the first delivery, within 11 minutes', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), { script: failSomeDevices(misconfigured) })
  for (let n = 0; n < 10; n++) await fixture.push({ pushkey: `failing ${n}` })
  await fixture.push({ pushkey: 'valid' })
  assert.deepEqual(pushkeysOf(fixture.sent), ['failing 0'])
  const before = fixture.clock.now()
  await eventually(() => {
    fixture.clock.advance(1000)
    return fixture.outcomes().includes('delivered')
  })
  assert.ok(fixture.clock.now() - before < 11 * 60_000, `${fixture.clock.now() - before} ms`)
  // Each of the others is refused once, as a fault of that device.
  for (let second = 0; second < 60; second++) {
    fixture.clock.advance(1000)
    await fixture.push({ pushkey: 'valid', event: `$${second}` })
  }
  assert.equal(fixture.outcomes().at(-1), 'delivered')
  assert.equal(fixture.gateway.health().apps['app']?.state, 'degraded')
})

test('an alarm for rejected tokens ends with the first delivery', async (t) => {
  await using fixture = await openGateway(await openTestSqlite(t), { script: failSomeDevices(doubtful) })
  for (let n = 0; n < 10; n++) await fixture.push({ pushkey: `failing ${n}` })
  assert.equal(fixture.gateway.health().apps['app']?.state, 'alarmed')
  await fixture.push({ pushkey: 'valid' })
  await eventually(() => {
    fixture.clock.advance(1000)
    return fixture.outcomes().includes('delivered')
  })
  assert.equal(fixture.gateway.health().apps['app']?.state, 'ok')
})

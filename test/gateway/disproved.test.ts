import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { doubtful, misconfigured, openGateway, type Script } from './fixture.ts'

// A configuration error pauses all devices of an app. It must not, where another device shows that the app is configured well.

const ofPlatform: ProviderResult = {
  kind: 'misconfigured',
  reason: 'THIRD_PARTY_AUTH_ERROR',
  status: 401,
  isOfDevice: true,
}

/** Devices whose pushkey begins with `odd` get this result, the others are reached. */
const oddOnes =
  (result: ProviderResult): Script =>
  ({ device }) =>
    device.pushkey.startsWith('odd') ? result : undefined

const pushkeysOf = (sent: { device: { pushkey: string } }[]) => sent.map(({ device }) => device.pushkey)

test('a configuration error of one kind of device pauses no other, even before anything was delivered', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { script: oddOnes(ofPlatform) })
  for (let n = 0; n < 20; n++) assert.deepEqual(await it.push({ pushkey: `odd ${n}` }), { rejected: [] })
  await it.push({ pushkey: 'sound' })
  assert.equal(it.outcomes().at(-1), 'delivered')
  const { state, troubles } = it.gateway.health().apps['app'] ?? assert.fail()
  assert.deepEqual([state, troubles.map(({ reason }) => reason)], ['degraded', ['THIRD_PARTY_AUTH_ERROR']])
  it.clock.advance(3_600_001)
  assert.equal(it.gateway.health().apps['app']?.state, 'ok')
})

test('a device that the provider refuses for the configuration does not pause an app that has delivered', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { script: oddOnes(misconfigured) })
  await it.push({ pushkey: 'sound' })
  for (let n = 0; n < 20; n++) await it.push({ pushkey: 'odd', event: `$${n}` })
  await it.push({ pushkey: 'sound', event: '$last' })
  assert.equal(it.outcomes().at(-1), 'delivered')
  assert.equal(it.gateway.health().apps['app']?.state, 'degraded')
})

test('five refused devices in a row pause an app that has delivered; a delivery between them does not', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { script: oddOnes(misconfigured) })
  const refused = async (from: number, to: number) => {
    for (let n = from; n < to; n++) await it.push({ pushkey: `odd ${n}` })
  }
  await it.push({ pushkey: 'sound' })
  await refused(0, 4)
  await it.push({ pushkey: 'sound', event: '$2' })
  await refused(4, 8)
  assert.equal(it.gateway.health().apps['app']?.state, 'degraded')
  await refused(8, 20)
  assert.equal(it.gateway.health().apps['app']?.state, 'failing')
  assert.equal(it.sent.length, 2 + 9)
})

test('a paused app is back with the first device that is reached, which waits for no long pause', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { script: oddOnes(misconfigured) })
  for (let n = 0; n < 10; n++) await it.push({ pushkey: `odd ${n}` })
  await it.push({ pushkey: 'sound' })
  assert.deepEqual(pushkeysOf(it.sent), ['odd 0'])
  const before = it.clock.now()
  await eventually(() => {
    it.clock.advance(1000)
    return it.outcomes().includes('delivered')
  })
  assert.ok(it.clock.now() - before < 11 * 60_000, `${it.clock.now() - before} ms`)
  // The others are found to be refused for themselves, once each.
  for (let second = 0; second < 60; second++) {
    it.clock.advance(1000)
    await it.push({ pushkey: 'sound', event: `$${second}` })
  }
  assert.equal(it.outcomes().at(-1), 'delivered')
  assert.equal(it.gateway.health().apps['app']?.state, 'degraded')
})

test('an alarm for rejected tokens ends with the first device that is reached', async (t) => {
  await using it = await openGateway(await openTestSqlite(t), { script: oddOnes(doubtful) })
  for (let n = 0; n < 10; n++) await it.push({ pushkey: `odd ${n}` })
  assert.equal(it.gateway.health().apps['app']?.state, 'alarmed')
  await it.push({ pushkey: 'sound' })
  await eventually(() => {
    it.clock.advance(1000)
    return it.outcomes().includes('delivered')
  })
  assert.equal(it.gateway.health().apps['app']?.state, 'ok')
})

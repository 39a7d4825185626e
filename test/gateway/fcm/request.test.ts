import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ROOM_MESSAGE } from '../message.ts'
import { ROOM_MESSAGE_DATA, startFcmFixture } from './fixture.ts'

const NOW = 1_800_000_000_000

/** The options of Sygnal's own test. */
const OPTIONS = {
  android: { notification: { body: 'test body' } },
  apns: { payload: { aps: { 'content-available': 1, 'mutable-content': 1, alert: '' } } },
}

suite('the FCM message', () => {
  test("equals Sygnal's, merged with fcm_options", async (t) => {
    const { fake, send } = await startFcmFixture(t, { options: { fcm_options: OPTIONS } })
    assert.equal((await send()).kind, 'delivered')
    const [seen] = fake.seen
    assert.deepEqual(seen?.message, {
      data: ROOM_MESSAGE_DATA,
      android: { notification: { body: 'test body' }, priority: 'HIGH', ttl: '3600s' },
      apns: OPTIONS.apns,
      token: 'spqr',
    })
    assert.equal(seen?.headers.authorization, 'Bearer access-1')
  })

  test('does not change the options for the next message', async (t) => {
    const { fake, send } = await startFcmFixture(t, { options: { fcm_options: OPTIONS } })
    await send({
      notification: { ...ROOM_MESSAGE, prio: 'low' },
      device: { pushkey: 'a', data: { only_last_per_room: true } },
    })
    await send({ device: { pushkey: 'b' } })
    const android = (index: number) => fake.seen[index]?.message.android as Record<string, unknown>
    assert.equal(android(0).priority, 'NORMAL')
    assert.deepEqual(android(1), { notification: { body: 'test body' }, priority: 'HIGH', ttl: '3600s' })
    assert.deepEqual(OPTIONS.android, { notification: { body: 'test body' } })
  })

  test('is the same when it is retried', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', { status: 500 })
    await send()
    await send({ attempt: 2 })
    assert.deepEqual(fake.seen[1]?.message, fake.seen[0]?.message)
  })

  test('has a collapse_key with only_last_per_room, and otherwise none', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    const device = { data: { only_last_per_room: true } }
    await send()
    await send({ device })
    await send({ device, notification: { ...ROOM_MESSAGE, event_id: '$other' } })
    const keys = fake.seen.map(({ message }) => (message.android as { collapse_key?: string }).collapse_key)
    assert.equal(keys[0], undefined)
    assert.match(keys[1] ?? '', /^[\w-]{32}$/)
    assert.equal(keys[2], keys[1])
  })

  const ttls: [title: string, expiresAt: number, configured: string | undefined, ttl: string][] = [
    ['of the remaining lifetime of the message', NOW + 60_999, undefined, '60s'],
    ['of at most four weeks', NOW + 1e11, undefined, '2419200s'],
    ['of 0 after the expiration', NOW - 1, undefined, '0s'],
    ['of fcm_options when it is shorter', NOW + 3_600_000, '30s', '30s'],
    ['of the message when that of fcm_options is longer', NOW + 60_000, '3600.5s', '60s'],
    ['of the message when that of fcm_options is malformed', NOW + 60_000, 'soon', '60s'],
  ]
  for (const [title, expiresAt, configured, ttl] of ttls) {
    test(`has a TTL ${title}`, async (t) => {
      const fcm_options = configured === undefined ? {} : { android: { ttl: configured } }
      const { fake, send } = await startFcmFixture(t, { options: { fcm_options } })
      assert.equal((await send({ expiresAt })).kind, 'delivered')
      const android = fake.seen[0]?.message.android as { ttl?: string } | undefined
      assert.equal(android?.ttl, ttl)
    })
  }
})

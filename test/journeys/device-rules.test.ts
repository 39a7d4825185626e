import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import {
  deviceRule,
  globalRule,
  LAPTOP,
  notifiedOf,
  PHONE,
  createTwoDevices,
  unreadIn,
} from './two-devices.ts'

const SILENT: readonly unknown[] = []

describe('device rules over HTTP', () => {
  test('a room muted on the phone sends no poke to the phone, and counts as unread', async (t) => {
    const { phone, laptop, roomId, openRoom, say } = await createTwoDevices(t)
    const other = await openRoom()
    await phone.put(deviceRule('phone', 'room', roomId), { actions: SILENT })

    const here = await say(roomId, 'hello')
    assert.equal(here.phone, undefined)
    assert.ok(here.laptop, 'the laptop still gets pokes')
    assert.equal(here.laptop.counts?.unread, 1)

    const there = await say(other, 'dong')
    assert.ok(there.phone, 'the phone gets pokes of other rooms')
    assert.equal(there.phone.counts?.unread, 2, 'the badge counts the muted room: it is unread')
    assert.equal(there.laptop?.counts?.unread, 2)

    for (const device of [phone, laptop]) {
      assert.deepEqual(await unreadIn(device, roomId), { notifications: 1, highlights: 0 })
      assert.deepEqual(await notifiedOf(device), [there.eventId, here.eventId])
    }
  })

  test('the phone gets only highlights', async (t) => {
    const { phone, laptop, roomId, say } = await createTwoDevices(t)
    await phone.put(deviceRule('phone', 'override', 'mentions'), {
      conditions: [
        { kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: phone.userId },
      ],
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    await phone.put(deviceRule('phone', 'underride', 'the rest'), { conditions: [], actions: SILENT })

    const plain = await say(roomId, 'hello')
    assert.equal(plain.phone, undefined)
    assert.ok(plain.laptop)

    const mention = await say(roomId, 'alice?', { 'm.mentions': { user_ids: [phone.userId] } })
    assert.deepEqual(mention.phone?.devices[0]?.tweaks, { highlight: true }, 'the tweaks of the device rule')
    assert.deepEqual(mention.laptop?.devices[0]?.tweaks, { sound: 'default', highlight: true })
    assert.deepEqual(await unreadIn(laptop, roomId), { notifications: 2, highlights: 1 })
    assert.deepEqual(await unreadIn(phone, roomId), { notifications: 2, highlights: 1 })
  })

  test('a keyword rule of one device sets a sound for that device', async (t) => {
    const { phone, roomId, say } = await createTwoDevices(t)
    await phone.put(deviceRule('phone', 'content', 'fire'), {
      pattern: 'fire',
      actions: ['notify', { set_tweak: 'sound', value: 'siren.caf' }],
    })

    const alarm = await say(roomId, 'There is FIRE in the kitchen')
    assert.deepEqual(alarm.phone?.devices[0]?.tweaks, { sound: 'siren.caf' })
    assert.equal(alarm.phone?.prio, 'high', 'a sound sets the priority high')
    assert.equal(alarm.laptop?.devices[0]?.tweaks, undefined)
    assert.equal(alarm.laptop?.prio, 'low')

    const calm = await say(roomId, 'The firewall is fine')
    assert.equal(calm.phone?.devices[0]?.tweaks, undefined)
    assert.deepEqual(await unreadIn(phone, roomId), { notifications: 2, highlights: 0 })
  })

  test('a device rule notifies one device of a room that a global rule mutes', async (t) => {
    const { phone, laptop, roomId, openRoom, say } = await createTwoDevices(t)
    const other = await openRoom()
    await phone.put(globalRule('override', 'mute'), {
      conditions: [{ kind: 'event_match', key: 'room_id', pattern: roomId }],
      actions: SILENT,
    })
    await phone.put(deviceRule('phone', 'room', roomId), { actions: ['notify'] })

    const here = await say(roomId, 'hello')
    assert.ok(here.phone, 'the phone gets a poke')
    assert.equal(here.phone.counts?.unread, undefined, 'nothing is unread')
    assert.equal(here.laptop, undefined)
    for (const device of [phone, laptop]) {
      assert.deepEqual(await unreadIn(device, roomId), { notifications: 0, highlights: 0 })
      assert.deepEqual(await notifiedOf(device), [])
    }

    const there = await say(other, 'dong')
    assert.ok(there.phone)
    assert.ok(there.laptop)
    assert.deepEqual(await notifiedOf(phone), [there.eventId])
  })

  test('disabling, deleting or changing a rule applies to the next message', async (t) => {
    const { phone, roomId, say } = await createTwoDevices(t)
    const rule = deviceRule('phone', 'room', roomId)
    await phone.put(rule, { actions: ['dont_notify'] })
    assert.equal(
      (await say(roomId, 'one')).phone,
      undefined,
      'dont_notify has no effect, so the rule has no actions',
    )
    await phone.put(`${rule}/enabled`, { enabled: false })
    assert.ok((await say(roomId, 'two')).phone)
    await phone.put(`${rule}/enabled`, { enabled: true })
    assert.equal((await say(roomId, 'three')).phone, undefined)
    await phone.put(`${rule}/actions`, { actions: ['notify', { set_tweak: 'sound', value: 'bell' }] })
    assert.deepEqual((await say(roomId, 'four')).phone?.devices[0]?.tweaks, { sound: 'bell' })
    await phone.delete(rule)
    assert.equal((await say(roomId, 'five')).phone?.devices[0]?.tweaks, undefined)
  })

  test('the master rule disables notifications of every scope', async (t) => {
    const { phone, roomId, say } = await createTwoDevices(t)
    await phone.put(deviceRule('phone', 'room', roomId), { actions: ['notify'] })
    await phone.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: true })
    const silent = await say(roomId, 'hello')
    assert.deepEqual([silent.phone, silent.laptop], [undefined, undefined])
    assert.deepEqual(await unreadIn(phone, roomId), { notifications: 0, highlights: 0 })
    await phone.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: false })
    const loud = await say(roomId, 'dong')
    assert.ok(loud.phone)
    assert.ok(loud.laptop)
  })

  test('device rules survive a new push key, the removal of the device and a restart, and apply again to the same handle', async (t) => {
    const { server, gateway, phone, laptop, bob, roomId, say } = await createTwoDevices(t)
    await phone.put(deviceRule('phone', 'room', roomId), { actions: SILENT })
    await phone.post('/pushers/set', { pushkey: PHONE, app_id: 'org.example.app.ios', kind: null })
    await phone.post(
      '/pushers/set',
      foundingPusher(gateway.url, { pushkey: 'a new token', instance_handle: 'phone' }),
    )
    const first = await say(roomId, 'one')
    assert.ok(first.laptop)
    const rotated = () =>
      gateway.pokes.filter((poke) => poke.event_id && poke.devices[0]?.pushkey === 'a new token')
    assert.deepEqual(rotated(), [])

    await phone.post('/logout')
    await server.close()
    const again = await startTestServer(t, { data: server.data })
    const at = (path: string, user: typeof laptop, body?: unknown, method?: string) =>
      call(`${again.url}/_matrix/client/v3${path}`, {
        token: user.token,
        ...(body === undefined ? {} : { body }),
        ...(method === undefined ? {} : { method }),
      })
    const rules = await at('/pushrules/device/phone/', laptop)
    assert.deepEqual(
      (rules.body['room'] as { rule_id: string }[]).map((rule) => rule.rule_id),
      [roomId],
    )
    // The restored app on a new device: the same handle, another push key.
    await at('/pushers/set', laptop, foundingPusher(gateway.url, { pushkey: LAPTOP, kind: null }))
    await at(
      '/pushers/set',
      laptop,
      foundingPusher(gateway.url, { pushkey: 'restored', instance_handle: 'phone' }),
    )
    await at(`/rooms/${encodeURIComponent(roomId)}/send/m.room.message/r1`, bob, { body: 'two' }, 'PUT')
    const { body } = await at(
      `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/r2`,
      bob,
      { body: 'x', msgtype: 'm.text', 'm.mentions': { user_ids: [phone.userId] } },
      'PUT',
    )
    await at(deviceRule('phone', 'room', roomId), laptop, undefined, 'DELETE')
    const last = await at(
      `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/r3`,
      bob,
      { body: 'three', msgtype: 'm.text' },
      'PUT',
    )
    const poke = await gateway.waitFor((one) => one.event_id === last.body['event_id'])
    assert.equal(poke.devices[0]?.pushkey, 'restored')
    assert.ok(
      !gateway.pokes.some((one) => one.event_id === body['event_id']),
      'the room is muted for this handle',
    )
  })

  test('two pushers with one handle share its rules, and a new handle can copy them', async (t) => {
    const { gateway, phone, laptop, roomId, say } = await createTwoDevices(t)
    await laptop.post(
      '/pushers/set',
      foundingPusher(gateway.url, { pushkey: LAPTOP, instance_handle: 'phone' }),
    )
    const { pushers } = (await laptop.get('/pushers')) as {
      pushers: { 'org.belfry.status': { handle_shared_with: string[] } }[]
    }
    assert.deepEqual(
      pushers.map((pusher) => pusher['org.belfry.status'].handle_shared_with),
      [[laptop.deviceId], [phone.deviceId]],
    )
    await phone.put(deviceRule('phone', 'room', roomId), { actions: SILENT })
    const both = await say(roomId, 'one')
    assert.deepEqual([both.phone, both.laptop], [undefined, undefined])

    await laptop.post(
      '/pushers/set',
      foundingPusher(gateway.url, {
        pushkey: LAPTOP,
        instance_handle: 'laptop again',
        'org.belfry.copy_push_rules': true,
      }),
    )
    await laptop.put(`${deviceRule('laptop again', 'room', roomId)}/actions`, { actions: ['notify'] })
    const parted = await say(roomId, 'two')
    assert.equal(parted.phone, undefined)
    assert.ok(parted.laptop)
  })

  test('a global rule with profile_tag selects a device and does not count events itself', async (t) => {
    const { phone, roomId, say } = await createTwoDevices(t)
    await phone.put(globalRule('override', 'quiet phone'), {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: SILENT,
    })
    const first = await say(roomId, 'one')
    assert.equal(first.phone, undefined)
    assert.ok(first.laptop)
    assert.deepEqual(await unreadIn(phone, roomId), { notifications: 1, highlights: 0 })

    await phone.put(globalRule('override', 'mute'), { conditions: [], actions: SILENT })
    await phone.put(`${globalRule('override', 'quiet phone')}/actions`, { actions: ['notify'] })
    await phone.put(`${globalRule('override', 'quiet phone')}`, {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: ['notify'],
    })
    const below = await say(roomId, 'two')
    assert.deepEqual([below.phone, below.laptop], [undefined, undefined], 'a more important rule decides')
    await phone.put(`${globalRule('override', 'quiet phone')}?before=mute`, {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: ['notify'],
    })
    const above = await say(roomId, 'three')
    assert.ok(above.phone)
    assert.equal(above.laptop, undefined)
    assert.deepEqual(await unreadIn(phone, roomId), { notifications: 1, highlights: 0 })
  })

  test('own messages notify no device, even if a device rule matches', async (t) => {
    const { phone, roomId, say, gateway } = await createTwoDevices(t)
    await phone.put(deviceRule('phone', 'room', roomId), { actions: ['notify'] })
    const own = await phone.say(roomId, 'mine')
    await say(roomId, 'his')
    assert.ok(!gateway.pokes.some((poke) => poke.event_id === own))
  })
})

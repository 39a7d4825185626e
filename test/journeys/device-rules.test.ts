import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { deviceRule, globalRule, LAPTOP, notifiedOf, PHONE, twoDevices, unreadIn } from './two-devices.ts'

const SILENT: readonly unknown[] = []

describe('rules of one device, with nothing but HTTP', () => {
  test('a room that is muted on the phone only', async (t) => {
    const { phone, laptop, delivery, openRoom, say } = await twoDevices(t)
    const other = await openRoom()
    await phone.put(deviceRule('phone', 'room', delivery), { actions: SILENT })

    const here = await say(delivery, 'ding')
    assert.equal(here.phone, undefined)
    assert.ok(here.laptop, 'the laptop rings as before')
    assert.equal(here.laptop.counts?.unread, 1)

    const there = await say(other, 'dong')
    assert.ok(there.phone, 'other rooms ring the phone')
    assert.equal(there.phone.counts?.unread, 2, 'the badge counts the muted room: it is unread')
    assert.equal(there.laptop?.counts?.unread, 2)

    for (const device of [phone, laptop]) {
      assert.deepEqual(await unreadIn(device, delivery), { notifications: 1, highlights: 0 })
      assert.deepEqual(await notifiedOf(device), [there.eventId, here.eventId])
    }
  })

  test('only highlights on the phone', async (t) => {
    const { phone, laptop, delivery, say } = await twoDevices(t)
    await phone.put(deviceRule('phone', 'override', 'mentions'), {
      conditions: [
        { kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: phone.userId },
      ],
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    await phone.put(deviceRule('phone', 'underride', 'the rest'), { conditions: [], actions: SILENT })

    const plain = await say(delivery, 'ding')
    assert.equal(plain.phone, undefined)
    assert.ok(plain.laptop)

    const mention = await say(delivery, 'alice?', { 'm.mentions': { user_ids: [phone.userId] } })
    assert.deepEqual(mention.phone?.devices[0]?.tweaks, { highlight: true }, 'as the device rule says')
    assert.deepEqual(mention.laptop?.devices[0]?.tweaks, { sound: 'default', highlight: true })
    assert.deepEqual(await unreadIn(laptop, delivery), { notifications: 2, highlights: 1 })
    assert.deepEqual(await unreadIn(phone, delivery), { notifications: 2, highlights: 1 })
  })

  test('a keyword with a sound of its own on one device', async (t) => {
    const { phone, delivery, say } = await twoDevices(t)
    await phone.put(deviceRule('phone', 'content', 'fire'), {
      pattern: 'fire',
      actions: ['notify', { set_tweak: 'sound', value: 'siren.caf' }],
    })

    const alarm = await say(delivery, 'There is FIRE in the kitchen')
    assert.deepEqual(alarm.phone?.devices[0]?.tweaks, { sound: 'siren.caf' })
    assert.equal(alarm.phone?.prio, 'high', 'a sound makes it urgent')
    assert.equal(alarm.laptop?.devices[0]?.tweaks, undefined)
    assert.equal(alarm.laptop?.prio, 'low')

    const calm = await say(delivery, 'The firewall is fine')
    assert.equal(calm.phone?.devices[0]?.tweaks, undefined)
    assert.deepEqual(await unreadIn(phone, delivery), { notifications: 2, highlights: 0 })
  })

  test('a device rule wakes one device for a room that the account has muted', async (t) => {
    const { phone, laptop, delivery, openRoom, say } = await twoDevices(t)
    const other = await openRoom()
    await phone.put(globalRule('override', 'mute'), {
      conditions: [{ kind: 'event_match', key: 'room_id', pattern: delivery }],
      actions: SILENT,
    })
    await phone.put(deviceRule('phone', 'room', delivery), { actions: ['notify'] })

    const here = await say(delivery, 'ding')
    assert.ok(here.phone, 'the phone rings')
    assert.equal(here.phone.counts?.unread, undefined, 'and nothing is unread')
    assert.equal(here.laptop, undefined)
    for (const device of [phone, laptop]) {
      assert.deepEqual(await unreadIn(device, delivery), { notifications: 0, highlights: 0 })
      assert.deepEqual(await notifiedOf(device), [])
    }

    const there = await say(other, 'dong')
    assert.ok(there.phone)
    assert.ok(there.laptop)
    assert.deepEqual(await notifiedOf(phone), [there.eventId])
  })

  test('a rule that is disabled, deleted, or whose actions change: the next message goes by what holds then', async (t) => {
    const { phone, delivery, say } = await twoDevices(t)
    const rule = deviceRule('phone', 'room', delivery)
    await phone.put(rule, { actions: ['dont_notify'] })
    assert.equal(
      (await say(delivery, 'one')).phone,
      undefined,
      'dont_notify means nothing, so nothing is done',
    )
    await phone.put(`${rule}/enabled`, { enabled: false })
    assert.ok((await say(delivery, 'two')).phone)
    await phone.put(`${rule}/enabled`, { enabled: true })
    assert.equal((await say(delivery, 'three')).phone, undefined)
    await phone.put(`${rule}/actions`, { actions: ['notify', { set_tweak: 'sound', value: 'bell' }] })
    assert.deepEqual((await say(delivery, 'four')).phone?.devices[0]?.tweaks, { sound: 'bell' })
    await phone.delete(rule)
    assert.equal((await say(delivery, 'five')).phone?.devices[0]?.tweaks, undefined)
  })

  test('the master rule silences every scope', async (t) => {
    const { phone, delivery, say } = await twoDevices(t)
    await phone.put(deviceRule('phone', 'room', delivery), { actions: ['notify'] })
    await phone.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: true })
    const silent = await say(delivery, 'ding')
    assert.deepEqual([silent.phone, silent.laptop], [undefined, undefined])
    assert.deepEqual(await unreadIn(phone, delivery), { notifications: 0, highlights: 0 })
    await phone.put(`${globalRule('override', '.m.rule.master')}/enabled`, { enabled: false })
    const loud = await say(delivery, 'dong')
    assert.ok(loud.phone)
    assert.ok(loud.laptop)
  })

  test('the rules outlive the push token, the device and a restart, and come back with the handle', async (t) => {
    const { server, gateway, phone, laptop, bob, delivery, say } = await twoDevices(t)
    await phone.put(deviceRule('phone', 'room', delivery), { actions: SILENT })
    await phone.post('/pushers/set', { pushkey: PHONE, app_id: 'org.example.app.ios', kind: null })
    await phone.post(
      '/pushers/set',
      foundingPusher(gateway.url, { pushkey: 'a new token', instance_handle: 'phone' }),
    )
    const first = await say(delivery, 'one')
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
      [delivery],
    )
    // The restored app on a new device: the same handle, another token.
    await at('/pushers/set', laptop, foundingPusher(gateway.url, { pushkey: LAPTOP, kind: null }))
    await at(
      '/pushers/set',
      laptop,
      foundingPusher(gateway.url, { pushkey: 'restored', instance_handle: 'phone' }),
    )
    await at(`/rooms/${encodeURIComponent(delivery)}/send/m.room.message/r1`, bob, { body: 'two' }, 'PUT')
    const { body } = await at(
      `/rooms/${encodeURIComponent(delivery)}/send/m.room.message/r2`,
      bob,
      { body: 'x', msgtype: 'm.text', 'm.mentions': { user_ids: [phone.userId] } },
      'PUT',
    )
    await at(deviceRule('phone', 'room', delivery), laptop, undefined, 'DELETE')
    const last = await at(
      `/rooms/${encodeURIComponent(delivery)}/send/m.room.message/r3`,
      bob,
      { body: 'three', msgtype: 'm.text' },
      'PUT',
    )
    const poke = await gateway.waitFor((one) => one.event_id === last.body['event_id'])
    assert.equal(poke.devices[0]?.pushkey, 'restored')
    assert.ok(!gateway.pokes.some((one) => one.event_id === body['event_id']), 'the room was muted here')
  })

  test('a handle that two pushers share has one set of rules; a new handle may take the rules along', async (t) => {
    const { gateway, phone, laptop, delivery, say } = await twoDevices(t)
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
    await phone.put(deviceRule('phone', 'room', delivery), { actions: SILENT })
    const both = await say(delivery, 'one')
    assert.deepEqual([both.phone, both.laptop], [undefined, undefined])

    await laptop.post(
      '/pushers/set',
      foundingPusher(gateway.url, {
        pushkey: LAPTOP,
        instance_handle: 'laptop again',
        'org.belfry.copy_push_rules': true,
      }),
    )
    await laptop.put(`${deviceRule('laptop again', 'room', delivery)}/actions`, { actions: ['notify'] })
    const parted = await say(delivery, 'two')
    assert.equal(parted.phone, undefined)
    assert.ok(parted.laptop)
  })

  test('profile_tag in a global rule picks a device, and counts nothing by itself', async (t) => {
    const { phone, delivery, say } = await twoDevices(t)
    await phone.put(globalRule('override', 'quiet phone'), {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: SILENT,
    })
    const rung = await say(delivery, 'one')
    assert.equal(rung.phone, undefined)
    assert.ok(rung.laptop)
    assert.deepEqual(await unreadIn(phone, delivery), { notifications: 1, highlights: 0 })

    await phone.put(globalRule('override', 'mute'), { conditions: [], actions: SILENT })
    await phone.put(`${globalRule('override', 'quiet phone')}/actions`, { actions: ['notify'] })
    await phone.put(`${globalRule('override', 'quiet phone')}`, {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: ['notify'],
    })
    const below = await say(delivery, 'two')
    assert.deepEqual([below.phone, below.laptop], [undefined, undefined], 'a more important rule decides')
    await phone.put(`${globalRule('override', 'quiet phone')}?before=mute`, {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: ['notify'],
    })
    const above = await say(delivery, 'three')
    assert.ok(above.phone)
    assert.equal(above.laptop, undefined)
    assert.deepEqual(await unreadIn(phone, delivery), { notifications: 1, highlights: 0 })
  })

  test('own messages ring no device, whatever its rules', async (t) => {
    const { phone, delivery, say, gateway } = await twoDevices(t)
    await phone.put(deviceRule('phone', 'room', delivery), { actions: ['notify'] })
    const own = await phone.say(delivery, 'mine')
    await say(delivery, 'his')
    assert.ok(!gateway.pokes.some((poke) => poke.event_id === own))
  })
})

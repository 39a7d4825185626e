import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'
import { once, startClient } from './js-sdk.ts'
import { linkIn, createEmailFixture, MINUTE } from './email-fixture.ts'

describe('an unmodified matrix-js-sdk client', () => {
  test('registers, causes a poke, and logs out', async (t) => {
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    const alice = await startClient(t, server.url, 'alice')
    const bob = await startClient(t, server.url, 'bob')

    await alice.setPusher({
      kind: 'http',
      app_id: 'org.example.app',
      pushkey: 'alices-phone',
      app_display_name: 'Example',
      device_display_name: 'Phone',
      lang: 'en',
      data: { url: gateway.url, brand: 'Example' },
    })
    const { pushers } = await alice.getPushers()
    assert.equal(pushers.length, 1)
    assert.equal(pushers[0]?.pushkey, 'alices-phone')
    assert.deepEqual(pushers[0]?.data, { url: gateway.url, brand: 'Example' })

    const invited = once(alice, sdk.RoomEvent.MyMembership, (_room, membership) => membership === 'invite')
    const { room_id: roomId } = await bob.createRoom({
      name: 'The office',
      invite: [alice.getUserId() as string],
    })
    await invited
    const invitation = await gateway.waitFor((poke) => poke.type === 'm.room.member')
    assert.equal(invitation.counts?.unread, 1, 'an invitation counts')

    await alice.joinRoom(roomId)
    const heard = once(
      alice,
      sdk.RoomEvent.Timeline,
      (event: sdk.MatrixEvent) => event.getContent()['body'] === 'hello',
    )
    const { event_id: eventId } = await bob.sendTextMessage(roomId, 'hello')
    await heard
    const poke = await gateway.waitFor((one) => one.event_id === eventId)
    assert.equal(poke.prio, 'high', 'a room with two members has the sound of a direct message')
    assert.deepEqual(poke.devices[0]?.tweaks, { sound: 'default' })

    const room = alice.getRoom(roomId)
    assert.ok(room)
    assert.equal(room.name, 'The office')
    const unread = () => room.getUnreadNotificationCount(sdk.NotificationCountType.Total)
    assert.equal(unread(), 1)

    const event = room.findEventById(eventId)
    assert.ok(event)
    const cleared = once(room, sdk.RoomEvent.UnreadNotifications, () => unread() === 0)
    const seen = once(bob, sdk.RoomEvent.Receipt)
    const before = new Set(gateway.pokes)
    await alice.sendReadReceipt(event)
    await Promise.all([cleared, seen, gateway.waitFor((one) => !before.has(one) && one.counts?.unread === 0)])
    assert.ok(bob.getRoom(roomId)?.hasUserReadEvent(alice.getUserId() as string, eventId))

    await alice.removePusher('alices-phone', 'org.example.app')
    assert.deepEqual(await alice.getPushers(), { pushers: [] })
    await alice.logout(true)
    await assert.rejects(alice.whoami(), (error: sdk.MatrixError) => error.errcode === 'M_UNKNOWN_TOKEN')
  })

  test('knocks on a room, joins it, and sees the power level of its creator', async (t) => {
    const server = await startTestServer(t)
    const alice = await startClient(t, server.url, 'alice')
    const bob = await startClient(t, server.url, 'bob')
    const bobId = bob.getSafeUserId()
    const { room_id: roomId } = await alice.createRoom({
      initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
    })
    const membership = (client: sdk.MatrixClient) => client.getRoom(roomId)?.getMember(bobId)?.membership
    assert.deepEqual(await bob.knockRoom(roomId, { reason: 'please' }), { room_id: roomId })
    await eventually(() => bob.getRoom(roomId)?.getMyMembership() === 'knock')
    await eventually(() => membership(alice) === 'knock')
    await alice.invite(roomId, bobId)
    await eventually(() => bob.getRoom(roomId)?.getMyMembership() === 'invite')
    await bob.joinRoom(roomId)
    await eventually(() => bob.getRoom(roomId)?.getMyMembership() === 'join')
    await eventually(() => membership(alice) === 'join')
    const creator = alice.getRoom(roomId)?.getMember(alice.getSafeUserId())
    assert.equal(creator?.powerLevel, 100)
  })

  test('takes the state of rooms from state_after', async (t) => {
    const server = await startTestServer(t)
    const syncs: string[] = []
    const fetchFn: typeof fetch = async (url, options) => {
      const response = await fetch(url, options)
      if (new URL(response.url).pathname.endsWith('/sync')) syncs.push(await response.clone().text())
      return response
    }
    const alice = await startClient(t, server.url, 'alice', { fetchFn })
    const bob = await startClient(t, server.url, 'bob')
    const { room_id: roomId } = await bob.createRoom({ preset: sdk.Preset.PublicChat, name: 'First' })
    await alice.joinRoom(roomId)
    await eventually(() => alice.getRoom(roomId)?.name === 'First')
    await bob.setRoomName(roomId, 'Second')
    await eventually(() => alice.getRoom(roomId)?.name === 'Second')
    await bob.leave(roomId)
    await eventually(() => alice.getRoom(roomId)?.getMember(bob.getSafeUserId())?.membership === 'leave')
    await alice.leave(roomId)
    await eventually(() => alice.getRoom(roomId)?.getMyMembership() === 'leave')
    const rooms = syncs.map((text) => (JSON.parse(text) as { rooms: { join: object; leave: object } }).rooms)
    const bodies = rooms.flatMap(({ join, leave }) => [...Object.values(join), ...Object.values(leave)])
    assert.ok(bodies.length > 2)
    for (const body of bodies) assert.ok('org.matrix.msc4222.state_after' in body && !('state' in body))
  })

  test('works beside device rules, which it does not support', async (t) => {
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    const alice = await startClient(t, server.url, 'alice')
    const bob = await startClient(t, server.url, 'bob')
    const { room_id: roomId } = await bob.createRoom({ preset: sdk.Preset.PublicChat })
    await alice.joinRoom(roomId)
    for (const name of ['phone', 'laptop']) {
      await alice.setPusher({
        kind: 'http',
        app_id: 'org.example.app',
        pushkey: name,
        profile_tag: name,
        app_display_name: 'Example',
        device_display_name: name,
        lang: 'en',
        data: { url: gateway.url },
      })
    }
    const scope = 'device/phone' as 'global'
    const { RoomSpecific } = sdk.PushRuleKind
    const rulesChanged = once(
      alice,
      sdk.ClientEvent.AccountData,
      (event: sdk.MatrixEvent) => event.getType() === 'm.push_rules' && 'device' in event.getContent(),
    )
    await alice.addPushRule(scope, RoomSpecific, roomId, { actions: [] })
    await rulesChanged
    const rules = (await alice.getPushRules()) as sdk.IPushRules
    assert.ok(rules.global.override?.some((rule) => rule.rule_id === '.m.rule.master'))

    const pushkeys = async (text: string) => {
      const { event_id: eventId } = await bob.sendTextMessage(roomId, text)
      await gateway.waitFor((one) => one.event_id === eventId && one.devices[0]?.pushkey === 'laptop')
      await eventually(async () => {
        const { pushers } = await alice.getPushers()
        const statuses = pushers as unknown as { 'org.belfry.status': { queued: number } }[]
        return statuses.every((pusher) => pusher['org.belfry.status'].queued === 0)
      })
      const pokes = gateway.pokes.filter((one) => one.event_id === eventId)
      return new Set(pokes.map((one) => one.devices[0]?.pushkey))
    }
    assert.deepEqual(await pushkeys('one'), new Set(['laptop']))
    await alice.setPushRuleEnabled(scope, RoomSpecific, roomId, false)
    assert.deepEqual(await pushkeys('two'), new Set(['laptop', 'phone']))
    await alice.setPushRuleEnabled(scope, RoomSpecific, roomId, true)
    await alice.setPushRuleActions(scope, RoomSpecific, roomId, [sdk.PushRuleActionName.Notify])
    assert.deepEqual(await pushkeys('three'), new Set(['laptop', 'phone']))
    await alice.deletePushRule(scope, RoomSpecific, roomId)
    assert.ok(!('device' in (await alice.getPushRules())))
  })

  test('adds an e-mail address, enables e-mail notifications, and gets an error before the validation', async (t) => {
    const { url, mailServer, clock } = await createEmailFixture(t)
    const ada = await startClient(t, url, 'ada')
    const bob = await startClient(t, url, 'bob')
    const client_secret = ada.generateClientSecret()
    const { sid } = await ada.requestAdd3pidEmailToken('Ada@Example.org', client_secret, 1)
    await assert.rejects(
      ada.addThreePidOnly({ sid, client_secret }),
      (error: sdk.MatrixError) => error.errcode === 'M_THREEPID_AUTH_FAILED',
    )
    const token = await mailServer.waitFor(() => true)
    await fetch(linkIn(token, url, 'validate'), { method: 'POST' })
    await assert.rejects(
      ada.addThreePidOnly({ sid, client_secret }),
      (error: sdk.MatrixError) => error.httpStatus === 401 && 'flows' in error.data,
    )
    const identifier = { type: 'm.id.user', user: 'ada' }
    const auth = { type: 'm.login.password', identifier, password: 'correct horse' }
    await ada.addThreePidOnly({ sid, client_secret, auth } as never)
    const [found] = (await ada.getThreePids()).threepids
    assert.equal(found?.address, 'ada@example.org')
    // The pusher that Element sets.
    await ada.setPusher({
      kind: 'email',
      app_id: 'm.email',
      pushkey: found.address,
      app_display_name: 'Email Notifications',
      device_display_name: found.address,
      lang: 'en',
      data: { brand: 'Element' },
      append: true,
    })
    const { room_id: roomId } = await bob.createRoom({ preset: sdk.Preset.PublicChat })
    await ada.joinRoom(roomId)
    await bob.sendTextMessage(roomId, 'Ding dong')
    clock.advance(10 * MINUTE)
    await mailServer.waitFor(({ parsed }) => /Ding dong/.test(parsed.text ?? ''))
    await ada.deleteThreePid('email', found.address)
    assert.deepEqual((await ada.getPushers()).pushers, [])
  })
})

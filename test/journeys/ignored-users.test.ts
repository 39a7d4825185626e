import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

type Event = { type: string; sender: string; content: Record<string, unknown> }
type Room = {
  timeline: { events: Event[] }
  unread_notifications: { notification_count: number; highlight_count: number }
}
type Sync = { next_batch: string; rooms: { join: Record<string, Room>; invite: Record<string, unknown> } }

async function begin(t: TestContext) {
  const { url } = await startTestServer(t)
  const [alice, bob, cat] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'cat'),
  ]
  const roomId = await alice.createRoom({
    preset: 'public_chat',
    power_level_content_override: { state_default: 0 },
  })
  for (const user of [bob, cat]) await user.post(`/join/${encodeURIComponent(roomId)}`)
  const ignore = (...users: TestUser[]) =>
    alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: Object.fromEntries(users.map(({ userId }) => [userId, {}])),
    })
  const sync = async (since?: string) =>
    (await alice.get(`/sync?timeout=0${since === undefined ? '' : `&since=${since}`}`)) as Sync
  const path = (rest: string) => `/rooms/${encodeURIComponent(roomId)}/${rest}`
  return { alice, bob, cat, roomId, ignore, sync, path }
}

const bodies = (events: readonly Event[]) => events.flatMap(({ content }) => content['body'] ?? [])
const notified = async (user: TestUser) =>
  ((await user.get('/notifications')) as { notifications: { event: Event }[] }).notifications.map(
    ({ event }) => event.content['body'],
  )

test('/sync, /messages and /context omit events of ignored users, except state events', async (t) => {
  const { alice, bob, cat, roomId, ignore, sync, path } = await begin(t)
  const { next_batch: since } = await sync()
  await ignore(bob)
  await bob.say(roomId, 'from bob')
  await bob.put(path('state/m.room.topic/'), { topic: 'by bob' })
  const eventId = await cat.say(roomId, 'from cat')
  const room = (await sync(since)).rooms.join[roomId]
  assert.deepEqual(
    room?.timeline.events.map(({ type, sender }) => [type, sender]),
    [
      ['m.room.topic', bob.userId],
      ['m.room.message', cat.userId],
    ],
  )
  assert.equal(room?.unread_notifications.notification_count, 1)
  const { chunk } = (await alice.get(path('messages?dir=b&limit=5'))) as { chunk: Event[] }
  assert.deepEqual(bodies(chunk), ['from cat'])
  assert.ok(chunk.some(({ type }) => type === 'm.room.topic'))
  const context = (await alice.get(path(`context/${encodeURIComponent(eventId)}?limit=4`))) as {
    events_before: Event[]
  }
  assert.deepEqual(bodies(context.events_before), [])
  assert.deepEqual(bodies(((await cat.get('/sync')) as Sync).rooms.join[roomId]?.timeline.events ?? []), [
    'from bob',
    'from cat',
  ])
})

test('ignoring a user removes their unread events from the counts and from /notifications at once', async (t) => {
  const { alice, bob, cat, roomId, ignore, sync } = await begin(t)
  await bob.say(roomId, 'alice: from bob')
  await cat.say(roomId, 'from cat')
  const before = await sync()
  assert.deepEqual(before.rooms.join[roomId]?.unread_notifications, {
    notification_count: 2,
    highlight_count: 1,
  })
  await ignore(bob)
  const after = await sync(before.next_batch)
  assert.deepEqual(after.rooms.join[roomId]?.unread_notifications, {
    notification_count: 1,
    highlight_count: 0,
  })
  assert.deepEqual(await notified(alice), ['from cat'])
})

test('after ignoring ends, the unread events and invitations count again, and the badge is sent', async (t) => {
  const { alice, bob, cat, roomId, ignore, sync } = await begin(t)
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  await bob.say(roomId, 'alice: from bob')
  await cat.say(roomId, 'from cat')
  const invited = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  const badge = (unread: number) =>
    gateway.waitFor((poke) => poke.event_id === undefined && poke.counts?.unread === unread)
  await eventually(() => gateway.pokes.some(({ counts }) => counts?.unread === 2))
  await ignore(bob)
  await badge(1)
  await bob.say(roomId, 'alice: missed')
  const later = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  const { next_batch: since, rooms } = await sync()
  assert.deepEqual(Object.keys(rooms.invite), [])
  assert.deepEqual(await notified(alice), ['from cat'])
  await ignore()
  await badge(3)
  const after = await sync(since)
  assert.deepEqual(after.rooms.join[roomId]?.unread_notifications, {
    notification_count: 2,
    highlight_count: 1,
  })
  assert.deepEqual(bodies(after.rooms.join[roomId]?.timeline?.events ?? []), [])
  assert.deepEqual(Object.keys(after.rooms.invite).sort(), [invited, later].sort())
  assert.deepEqual((await notified(alice)).filter((body) => typeof body === 'string').sort(), [
    'alice: from bob',
    'from cat',
  ])
  const pokes = gateway.pokes.flatMap(({ content }) => content?.['body'] ?? [])
  assert.ok(!pokes.includes('alice: missed'))
  // Reading ends it as usual.
  await alice.read(roomId, await cat.say(roomId, 'last'))
  assert.equal((await sync()).rooms.join[roomId]?.unread_notifications.notification_count, 0)
})

test('one of two ignored users comes back alone, and ignoring again hides the same events', async (t) => {
  const { bob, cat, roomId, ignore, sync } = await begin(t)
  await bob.say(roomId, 'from bob')
  await cat.say(roomId, 'from cat')
  const count = async () => (await sync()).rooms.join[roomId]?.unread_notifications.notification_count
  await ignore(bob, cat)
  assert.equal(await count(), 0)
  await ignore(cat)
  assert.equal(await count(), 1)
  await ignore(bob, cat)
  assert.equal(await count(), 0)
  await ignore()
  assert.equal(await count(), 2)
})

test('after ignoring ends, /sync returns new events at once and older ones in an initial sync', async (t) => {
  const { bob, roomId, ignore, sync } = await begin(t)
  await ignore(bob)
  const { next_batch: since } = await sync()
  await bob.say(roomId, 'unheard')
  const { next_batch: token, rooms } = await sync(since)
  assert.deepEqual(bodies(rooms.join[roomId]?.timeline.events ?? []), [])
  await ignore()
  await bob.say(roomId, 'heard')
  assert.deepEqual(bodies((await sync(token)).rooms.join[roomId]?.timeline.events ?? []), ['heard'])
  assert.deepEqual(bodies((await sync()).rooms.join[roomId]?.timeline.events ?? []), ['unheard', 'heard'])
})

test('invitations of ignored users are not sent while they are ignored', async (t) => {
  const { alice, bob, cat, ignore, sync } = await begin(t)
  const { next_batch: since } = await sync()
  await ignore(bob)
  const theirs = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  const other = await cat.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  assert.deepEqual(Object.keys((await sync(since)).rooms.invite), [other])
  assert.deepEqual(Object.keys((await sync()).rooms.invite), [other])
  await ignore()
  assert.deepEqual(Object.keys((await sync()).rooms.invite).sort(), [theirs, other].sort())
  await alice.post(`/join/${encodeURIComponent(theirs)}`)
  assert.ok((await sync()).rooms.join[theirs])
})

test('ignoring a user sends the smaller badge to the pusher', async (t) => {
  const { alice, bob, cat, roomId, ignore } = await begin(t)
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  await cat.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  await bob.say(roomId, 'from bob')
  await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  const last = await gateway.waitFor((poke) => gateway.pokes.indexOf(poke) === 2)
  assert.equal(last.counts?.unread, 3)
  await ignore(bob)
  const poke = await gateway.waitFor((one) => gateway.pokes.indexOf(one) === 3)
  assert.deepEqual([poke.event_id, poke.counts], [undefined, { unread: 1 }])
})

test('a queued event is not sent after its sender was ignored, even if a device rule matches', async (t) => {
  const { alice, bob, cat, roomId, ignore } = await begin(t)
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', { ...foundingPusher(gateway.url), instance_handle: 'phone' })
  await alice.put('/pushrules/device/phone/underride/all', { conditions: [], actions: ['notify'] })
  const release = Promise.withResolvers<object>()
  gateway.respondWith(() => release.promise)
  await bob.say(roomId, 'in flight')
  await gateway.waitFor(({ content }) => content?.['body'] === 'in flight')
  await bob.say(roomId, 'waiting')
  await ignore(bob)
  await cat.say(roomId, 'from cat')
  release.resolve({})
  await gateway.waitFor(({ content }) => content?.['body'] === 'from cat')
  assert.deepEqual(
    gateway.pokes.flatMap(({ content }) => content?.['body'] ?? []),
    ['in flight', 'from cat'],
  )
})

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { SlidingSync } from 'matrix-js-sdk/lib/sliding-sync.js'
import { afterTest } from '../support/after-test.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { ENCRYPTED } from './js-sdk-crypto.ts'
import { logIn, once, register, startClient } from './js-sdk.ts'

const STATE = [
  ['m.room.name', ''],
  ['m.room.topic', ''],
  ['m.room.encryption', ''],
  ['m.room.power_levels', ''],
  ['m.room.create', ''],
  ['m.room.member', '$LAZY'],
  ['m.room.member', '$ME'],
]

/** Logs in with a new device, and starts a client that uses sliding sync instead of /sync. */
async function startSliding(t: TestContext, baseUrl: string, username: string, withCrypto = false) {
  const client = await logIn(baseUrl, username, { withCrypto })
  const list = { ranges: [[0, 20]], required_state: STATE, timeline_limit: 1, filters: {} }
  const open = { timeline_limit: 20, required_state: [...STATE, ['m.room.pinned_events', '']] }
  const sliding = new SlidingSync(baseUrl, new Map([['all', list]]), open, client, 30_000)
  const prepared = once(client, sdk.ClientEvent.Sync, (state) => state === sdk.SyncState.Prepared)
  await client.startClient({ slidingSync: sliding })
  afterTest(t, () => {
    sliding.stop()
    client.stopClient()
  })
  await prepared
  return { client, sliding }
}

const bodiesOf = (room: sdk.Room | null) =>
  room
    ?.getLiveTimeline()
    .getEvents()
    .flatMap((event) => event.getContent()['body'] ?? []) ?? []

test('matrix-js-sdk with sliding sync has rooms, counts, receipts, typing, invitations and leaves', async (t) => {
  const { url } = await startTestServer(t)
  const bob = await startClient(t, url, 'bob')
  await register(url, 'alice')
  const aliceId = '@alice:localhost'
  const { room_id: roomId } = await bob.createRoom({ name: 'The office', invite: [aliceId] })
  const { client: alice, sliding } = await startSliding(t, url, 'alice')
  const membership = (of = roomId) => alice.getRoom(of)?.getMyMembership()
  await eventually(() => membership() === 'invite')
  assert.equal(alice.getRoom(roomId)?.name, 'The office')

  await alice.joinRoom(roomId)
  await eventually(() => membership() === 'join')
  const texts = ['one', 'two', 'three']
  for (const text of texts) await bob.sendTextMessage(roomId, text)
  await eventually(() => bodiesOf(alice.getRoom(roomId)).at(-1) === 'three')
  const unread = () => alice.getRoom(roomId)?.getUnreadNotificationCount(sdk.NotificationCountType.Total)
  await eventually(() => unread() === 3)
  assert.equal(sliding.getListData('all')?.joinedCount, 1)

  // Opening the room sends a subscription, which gets the history.
  sliding.modifyRoomSubscriptions(new Set([roomId]))
  const { event_id: last } = await bob.sendTextMessage(roomId, 'four')
  await eventually(() => bodiesOf(alice.getRoom(roomId)).join() === [...texts, 'four'].join())

  await bob.sendTyping(roomId, true, 20_000)
  await eventually(() => alice.getRoom(roomId)?.getMember('@bob:localhost')?.typing === true)
  const event = alice.getRoom(roomId)?.findEventById(last)
  assert.ok(event)
  await alice.sendReadReceipt(event)
  await eventually(() => unread() === 0)
  await eventually(() => bob.getRoom(roomId)?.getEventReadUpTo(aliceId) === last)

  await bob.setRoomName(roomId, 'The kitchen')
  await eventually(() => alice.getRoom(roomId)?.name === 'The kitchen')
  await alice.setAccountData('org.example.data' as never, { n: 1 } as never)
  await eventually(() => alice.getAccountData('org.example.data' as never)?.getContent()['n'] === 1)

  await bob.kick(roomId, aliceId)
  await eventually(() => membership() === 'leave')
})

test('two clients of matrix-js-sdk with its cryptography talk over sliding sync in an encrypted room', async (t) => {
  const { url } = await startTestServer(t)
  for (const username of ['alice', 'bob']) await register(url, username)
  const { client: alice } = await startSliding(t, url, 'alice', true)
  const { client: bob } = await startSliding(t, url, 'bob', true)
  const { room_id: roomId } = await bob.createRoom({
    invite: ['@alice:localhost'],
    initial_state: ENCRYPTED,
  })
  await eventually(() => alice.getRoom(roomId)?.getMyMembership() === 'invite')
  await alice.joinRoom(roomId)
  await eventually(() => alice.getRoom(roomId)?.getMyMembership() === 'join')
  await eventually(() => bob.getRoom(roomId)?.getMember('@alice:localhost')?.membership === 'join')
  for (const text of ['one', 'two', 'three']) await bob.sendTextMessage(roomId, text)
  await eventually(() => bodiesOf(alice.getRoom(roomId)).join() === 'one,two,three')
  await alice.sendTextMessage(roomId, 'four')
  await eventually(() => bodiesOf(bob.getRoom(roomId)).at(-1) === 'four')
})

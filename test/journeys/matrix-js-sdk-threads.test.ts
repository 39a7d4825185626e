import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { startClient, startSession } from './js-sdk.ts'

const { Total } = sdk.NotificationCountType

test('an unmodified matrix-js-sdk client with threads shows a thread, reads all of it, and clears its badge', async (t) => {
  const server = await startTestServer(t)
  const alice = await startClient(t, server.url, 'alice', { threadSupport: true })
  const bob = await startClient(t, server.url, 'bob', { threadSupport: true })
  const { room_id: roomId } = await bob.createRoom({ preset: sdk.Preset.PublicChat })
  await alice.joinRoom(roomId)
  const room = await eventually(() => alice.getRoom(roomId) ?? undefined)
  assert.ok(room)
  const { event_id: root } = await bob.sendTextMessage(roomId, 'where shall we eat?')
  for (let at = 0; at < 30; at++)
    await bob.sendMessage(roomId, root, { msgtype: sdk.MsgType.Text, body: `${at}` })
  const unread = () => room.getThreadUnreadNotificationCount(root, Total)
  await eventually(() => unread() === 30)
  await eventually(() => room.getThread(root)?.length === 30)
  const thread = room.getThread(root)
  assert.ok(thread)
  assert.equal(room.getRoomUnreadNotificationCount(Total), 1, 'the message outside of the thread')

  const last = thread.replyToEvent
  assert.equal(last?.getContent()['body'], '29')
  await alice.sendReadReceipt(last)
  await eventually(() => unread() === 0)
  assert.equal(room.getRoomUnreadNotificationCount(Total), 1, 'reading a thread does not read the room')
  const rootEvent = room.findEventById(root)
  assert.ok(rootEvent)
  await alice.sendReadReceipt(rootEvent)
  await eventually(() => room.getRoomUnreadNotificationCount(Total) === 0)

  // A device that was not there loads the thread from the server.
  const laptop = await startSession(t, server.url, 'alice', { threadSupport: true })
  const there = laptop.getRoom(roomId)
  assert.ok(there)
  await there.createThreadsTimelineSets()
  await there.fetchRoomThreads()
  const loaded = await eventually(() => there.getThread(root) ?? undefined)
  assert.ok(loaded)
  assert.equal(loaded.length, 30)
  const timeline = loaded.liveTimeline
  await eventually(async () => {
    await laptop.paginateEventTimeline(timeline, { backwards: true, limit: 20 })
    return timeline.getEvents().length === 31
  })
  const bodies = timeline.getEvents().map((event) => event.getContent()['body'] as string)
  assert.deepEqual(bodies, ['where shall we eat?', ...Array.from({ length: 30 }, (_, at) => `${at}`)])
})

test('an unmodified matrix-js-sdk client that starts later shows the text after an edit, and reactions', async (t) => {
  const server = await startTestServer(t)
  const bob = await startClient(t, server.url, 'bob')
  const { room_id: roomId } = await bob.createRoom({ preset: sdk.Preset.PublicChat })
  const { event_id: eventId } = await bob.sendTextMessage(roomId, 'old')
  await bob.sendEvent(roomId, sdk.EventType.RoomMessage, {
    msgtype: sdk.MsgType.Text,
    body: '* new',
    'm.new_content': { msgtype: sdk.MsgType.Text, body: 'new' },
    'm.relates_to': { rel_type: sdk.RelationType.Replace, event_id: eventId },
  })
  const { event_id: reaction } = await bob.sendEvent(roomId, sdk.EventType.Reaction, {
    'm.relates_to': { rel_type: sdk.RelationType.Annotation, event_id: eventId, key: '👍' },
  })
  for (let at = 0; at < 12; at++) await bob.sendTextMessage(roomId, `${at}`)
  const alice = await startClient(t, server.url, 'alice')
  await alice.joinRoom(roomId)
  const room = await eventually(() => alice.getRoom(roomId) ?? undefined)
  assert.ok(room)
  await eventually(async () => {
    await alice.scrollback(room, 30)
    return room.findEventById(eventId) !== undefined
  })
  assert.equal(room.findEventById(eventId)?.getContent()['body'], 'new')
  const { events } = await alice.relations(
    roomId,
    eventId,
    sdk.RelationType.Annotation,
    sdk.EventType.Reaction,
  )
  assert.deepEqual(
    events.map((event) => event.getId()),
    [reaction],
  )
})

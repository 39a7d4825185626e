import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { user } from '../rooms/sync-fixture.ts'
import { escaped, serveFixture } from './reading-server.ts'

const alice = user('alice')
const bob = user('bob')

async function roomWithMessage(t: Parameters<typeof serveFixture>[0]) {
  const fixture = await serveFixture(t, ['alice', 'bob'])
  const roomId = await fixture.create(bob)
  await fixture.join(roomId, alice)
  const eventId = await fixture.say(roomId, bob, 'hello')
  const since = (await fixture.sync(alice)).next_batch
  return { ...fixture, roomId, eventId, since, room: `/rooms/${escaped(roomId)}` }
}

describe('receipts over HTTP', () => {
  for (const type of ['m.read', 'm.read.private', 'm.fully_read'])
    test(`accepts ${type} with an empty body, and the next sync has it`, async (t) => {
      const { call, room, eventId, sync, since, roomId } = await roomWithMessage(t)
      const { status, body } = await call('POST', `${room}/receipt/${type}/${escaped(eventId)}`, {})
      assert.deepEqual([status, body], [200, {}])
      assert.ok(JSON.stringify((await sync(alice, since)).rooms.join[roomId]).includes(type))
    })

  const refused: [string, string, unknown][] = [
    ['an unknown type', 'm.seen', {}],
    ['an empty thread id', 'm.read', { thread_id: '' }],
    ['a thread id that is not a string', 'm.read', { thread_id: 1 }],
    ['a thread id that is null', 'm.read', { thread_id: null }],
    ['a thread id with m.fully_read', 'm.fully_read', { thread_id: 'main' }],
    ['a thread that does not contain the event', 'm.read', { thread_id: '$other' }],
  ]
  for (const [name, type, content] of refused)
    test(`returns 400 for ${name}`, async (t) => {
      const { call, room, eventId } = await roomWithMessage(t)
      const { status, body } = await call('POST', `${room}/receipt/${type}/${escaped(eventId)}`, content)
      assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM'])
    })

  test('accepts a threaded receipt for the root, for a reply, and for an event that relates to either', async (t) => {
    const { call, room, eventId: root, say, roomId } = await roomWithMessage(t)
    const relating = (type: string, eventId: string) =>
      say(roomId, bob, 'x', { 'm.relates_to': { rel_type: type, event_id: eventId, key: 'x' } })
    const reply = await relating('m.thread', root)
    const onRoot = await relating('m.annotation', root)
    const edit = await relating('m.replace', root)
    const onReply = await relating('m.annotation', reply)
    const referred = await relating('m.reference', edit)
    const elsewhere = await say(roomId, bob, 'elsewhere')
    const onElsewhere = await relating('m.annotation', elsewhere)
    const receipt = async (eventId: string, threadId: string) =>
      (await call('POST', `${room}/receipt/m.read/${escaped(eventId)}`, { thread_id: threadId })).status
    for (const eventId of [root, reply, onRoot, edit, onReply, referred])
      assert.equal(await receipt(eventId, root), 200, eventId)
    for (const eventId of [elsewhere, onElsewhere]) assert.equal(await receipt(eventId, root), 400)
    // Both are in the main timeline as well ("Threaded read receipts").
    for (const eventId of [root, onRoot, edit, referred])
      assert.equal(await receipt(eventId, 'main'), 200, eventId)
    for (const eventId of [reply, onReply]) assert.equal(await receipt(eventId, 'main'), 400)
  })

  test('POST /read_markers sets both receipts and the read marker', async (t) => {
    const { call, room, eventId, sync, since, roomId } = await roomWithMessage(t)
    const markers = { 'm.fully_read': eventId, 'm.read': eventId, 'm.read.private': eventId }
    assert.equal((await call('POST', `${room}/read_markers`, markers)).status, 200)
    const synced = (await sync(alice, since)).rooms.join[roomId]
    const receipt = synced?.ephemeral.events.find((event) => event.type === 'm.receipt')?.content[eventId]
    assert.deepEqual(Object.keys(receipt as object).toSorted(), ['m.read', 'm.read.private'])
    assert.deepEqual(synced?.account_data.events, [{ type: 'm.fully_read', content: { event_id: eventId } }])
    assert.equal(synced?.unread_notifications.notification_count, 0)
  })

  test('POST /read_markers accepts an empty body, and returns 400 for malformed event ids and 403 outside the room', async (t) => {
    const { call, room, create } = await roomWithMessage(t)
    assert.equal((await call('POST', `${room}/read_markers`, {})).status, 200)
    assert.equal((await call('POST', `${room}/read_markers`, { 'm.read': 7 })).status, 400)
    assert.equal((await call('POST', `${room}/read_markers`, { 'm.read': 'hello' })).status, 400)
    const other = `/rooms/${escaped(await create(bob))}/read_markers`
    assert.equal((await call('POST', other, {})).status, 403)
  })
})

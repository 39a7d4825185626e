import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { user } from '../rooms/reading-house.ts'
import { escaped, serveHouse } from './reading.ts'

const alice = user('alice')
const bob = user('bob')

async function roomWithMessage(t: Parameters<typeof serveHouse>[0]) {
  const house = await serveHouse(t, ['alice', 'bob'])
  const roomId = await house.create(bob)
  await house.join(roomId, alice)
  const eventId = await house.say(roomId, bob, 'hello')
  const since = (await house.sync(alice)).next_batch
  return { ...house, roomId, eventId, since, room: `/rooms/${escaped(roomId)}` }
}

describe('receipts over HTTP', () => {
  for (const type of ['m.read', 'm.read.private', 'm.fully_read'])
    test(`${type} with an empty body`, async (t) => {
      const { call, room, eventId, sync, since, roomId } = await roomWithMessage(t)
      const { status, body } = await call('POST', `${room}/receipt/${type}/${escaped(eventId)}`, {})
      assert.deepEqual([status, body], [200, {}])
      assert.ok(JSON.stringify((await sync(alice, since)).rooms.join[roomId]).includes(type))
    })

  const refused: [string, string, unknown][] = [
    ['an unknown type', 'm.seen', {}],
    ['an empty thread', 'm.read', { thread_id: '' }],
    ['a thread that is no string', 'm.read', { thread_id: 1 }],
    ['a thread that is null', 'm.read', { thread_id: null }],
    ['a thread with m.fully_read', 'm.fully_read', { thread_id: 'main' }],
    ['a thread that the event is not part of', 'm.read', { thread_id: '$other' }],
  ]
  for (const [name, type, content] of refused)
    test(`refuses ${name}`, async (t) => {
      const { call, room, eventId } = await roomWithMessage(t)
      const { status, body } = await call('POST', `${room}/receipt/${type}/${escaped(eventId)}`, content)
      assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM'])
    })

  test('read_markers sets all three at once', async (t) => {
    const { call, room, eventId, sync, since, roomId } = await roomWithMessage(t)
    const markers = { 'm.fully_read': eventId, 'm.read': eventId, 'm.read.private': eventId }
    assert.equal((await call('POST', `${room}/read_markers`, markers)).status, 200)
    const told = (await sync(alice, since)).rooms.join[roomId]
    const receipt = told?.ephemeral.events.find((event) => event.type === 'm.receipt')?.content[eventId]
    assert.deepEqual(Object.keys(receipt as object).toSorted(), ['m.read', 'm.read.private'])
    assert.deepEqual(told?.account_data.events, [{ type: 'm.fully_read', content: { event_id: eventId } }])
    assert.equal(told?.unread_notifications.notification_count, 0)
  })

  test('read_markers with nothing in it, with something odd, from outside the room', async (t) => {
    const { call, room, create } = await roomWithMessage(t)
    assert.equal((await call('POST', `${room}/read_markers`, {})).status, 200)
    assert.equal((await call('POST', `${room}/read_markers`, { 'm.read': 7 })).status, 400)
    assert.equal((await call('POST', `${room}/read_markers`, { 'm.read': 'hello' })).status, 400)
    const other = `/rooms/${escaped(await create(bob))}/read_markers`
    assert.equal((await call('POST', other, {})).status, 403)
  })
})

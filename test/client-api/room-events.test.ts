import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { user } from '../rooms/sync-fixture.ts'
import { escaped, serveFixture } from './reading-server.ts'

const alice = user('alice')
const bob = user('bob')

async function roomWithMessages(t: Parameters<typeof serveFixture>[0]) {
  const fixture = await serveFixture(t, ['alice', 'bob'])
  const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'Office' })
  const eventId = await fixture.say(roomId, alice, 'hello')
  await fixture.say(roomId, alice, 'again')
  return { ...fixture, roomId, eventId, room: `/rooms/${escaped(roomId)}` }
}

describe('reading rooms over HTTP', () => {
  test('GET /messages returns pages in either direction and applies the filter', async (t) => {
    const { call, room } = await roomWithMessages(t)
    const { status, body } = await call('GET', `${room}/messages?dir=b&limit=1`)
    assert.equal(status, 200)
    assert.equal(body.chunk[0].content.body, 'again')
    const next = await call('GET', `${room}/messages?dir=b&limit=1&from=${body.end}`)
    assert.equal(next.body.chunk[0].content.body, 'hello')
    assert.equal(next.body.start, body.end)
    const filter = escaped('{"types":["m.room.name"]}')
    const named = await call('GET', `${room}/messages?dir=f&filter=${filter}`)
    assert.equal(named.body.chunk.length, 1)
    const rest = await call('GET', `${room}/messages?dir=f&from=${named.body.end}&filter=${filter}`)
    assert.deepEqual(rest.body.chunk, [])
    assert.ok(!('end' in rest.body))
  })

  test('GET /messages returns the token `from` unchanged as `start`, also one of /sync', async (t) => {
    const { call, room } = await roomWithMessages(t)
    const { body: synced } = await call('GET', '/sync')
    const { body } = await call('GET', `${room}/messages?dir=b&from=${synced.next_batch}`)
    assert.equal(body.start, synced.next_batch)
    assert.equal(body.chunk[0].content.body, 'again')
    const { body: empty } = await call('GET', `${room}/messages?dir=b&from=`)
    assert.match(empty.start, /^s\d+$/)
  })

  const refused: [string, number][] = [
    ['messages', 400],
    ['messages?dir=x', 400],
    ['messages?dir=b&from=garbage', 400],
    ['messages?dir=b&to=garbage', 400],
    ['messages?dir=b&limit=some', 400],
    ['messages?dir=b&limit=-1', 400],
    [`messages?dir=b&filter=${escaped('[')}`, 400],
    ['members?at=garbage', 400],
    ['members?membership=friend', 400],
    ['event/$nothing', 404],
    ['context/$nothing', 404],
    ['event/nothing', 400],
    ['state/m.room.topic', 404],
  ]
  for (const [path, expected] of refused)
    test(`GET ${path} returns ${expected}`, async (t) => {
      const { call, room } = await roomWithMessages(t)
      assert.equal((await call('GET', `${room}/${path}`)).status, expected)
    })

  test('GET /event returns one event, and GET /context the events around it', async (t) => {
    const { call, room, roomId, eventId } = await roomWithMessages(t)
    const { body } = await call('GET', `${room}/event/${escaped(eventId)}`)
    assert.equal(body.event_id, eventId)
    assert.equal(body.room_id, roomId)
    const { body: around } = await call('GET', `${room}/context/${escaped(eventId)}?limit=2`)
    for (const key of ['start', 'end', 'event', 'events_before', 'events_after', 'state'])
      assert.ok(key in around, key)
  })

  test('GET /state returns all events, or one event with or without the empty state key', async (t) => {
    const { call, room } = await roomWithMessages(t)
    const { body: all } = await call('GET', `${room}/state`)
    assert.ok(Array.isArray(all) && all.length > 3)
    for (const path of ['state/m.room.name', 'state/m.room.name/'])
      assert.deepEqual((await call('GET', `${room}/${path}`)).body, { name: 'Office' })
    const { body: whole } = await call('GET', `${room}/state/m.room.name?format=event`)
    assert.deepEqual([whole.type, whole.sender, whole.content], ['m.room.name', alice, { name: 'Office' }])
    const { body: member } = await call('GET', `${room}/state/m.room.member/${escaped(alice)}`)
    assert.equal(member.membership, 'join')
  })

  test('GET /members and GET /joined_members list the members', async (t) => {
    const { call, room, join, leave, roomId } = await roomWithMessages(t)
    await join(roomId, bob)
    assert.equal((await call('GET', `${room}/members`)).body.chunk.length, 2)
    const { body } = await call('GET', `${room}/joined_members`)
    assert.deepEqual(Object.keys(body.joined).toSorted(), [alice, bob])
    await leave(roomId, bob)
    assert.equal((await call('GET', `${room}/members?not_membership=leave`)).body.chunk.length, 1)
  })

  test('each endpoint returns 403 for a private room of other users', async (t) => {
    const { call, create } = await roomWithMessages(t)
    const room = `/rooms/${escaped(await create(bob, { preset: 'private_chat' }))}`
    for (const path of ['messages?dir=b', 'state', 'state/m.room.create', 'members', 'joined_members']) {
      const { status, body } = await call('GET', `${room}/${path}`)
      assert.deepEqual([status, body.errcode], [403, 'M_FORBIDDEN'], path)
    }
  })
})

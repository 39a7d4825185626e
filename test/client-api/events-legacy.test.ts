import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { user } from '../rooms/sync-fixture.ts'
import { serveFixture } from './reading-server.ts'

const alice = user('alice')
const bob = user('bob')

describe('GET /events', () => {
  test('returns the current position at once when there is no from and timeout is 0', async (t) => {
    const { call } = await serveFixture(t, ['alice'])
    for (const prefix of ['api/v1', 'r0', 'v3']) {
      const { status, body } = await call('GET', `/_matrix/client/${prefix}/events?timeout=0`)
      assert.equal(status, 200)
      assert.deepEqual(body, { start: body.end, end: body.end, chunk: [] })
    }
  })

  test('returns the events after from, only of rooms of the user and of invitations', async (t) => {
    const { call, create, say, invite } = await serveFixture(t, ['alice', 'bob'])
    const roomId = await create(alice)
    const { body: before } = await call('GET', '/events?timeout=0')
    const own = await say(roomId, alice, 'one')
    const otherRoom = await create(bob, { preset: 'private_chat' })
    await say(otherRoom, bob, 'not for alice')
    await invite(otherRoom, bob, alice)
    const { body } = await call('GET', `/events?from=${before.end}&timeout=0`)
    assert.deepEqual(
      body.chunk.map((event: { type: string; room_id: string }) => [event.type, event.room_id]),
      [
        ['m.room.message', roomId],
        ['m.room.member', otherRoom],
      ],
    )
    assert.equal(body.chunk[0].event_id, own)
    assert.equal(body.start, before.end)
    const { body: after } = await call('GET', `/events?from=${body.end}&timeout=0`)
    assert.deepEqual(after.chunk, [])
  })

  test('omits events before the join when the history visibility is joined', async (t) => {
    const { call, create, say, set, join } = await serveFixture(t, ['alice', 'bob'])
    const { body: before } = await call('GET', '/events?timeout=0')
    const roomId = await create(bob)
    await set(roomId, bob, 'm.room.history_visibility', { history_visibility: 'joined' })
    await say(roomId, bob, 'hidden')
    await join(roomId, alice)
    await say(roomId, bob, 'seen')
    const { body } = await call('GET', `/events?from=${before.end}`)
    const texts = body.chunk.map((event: { content: { body?: string } }) => event.content.body)
    assert.ok(texts.includes('seen'))
    assert.ok(!texts.includes('hidden'))
  })

  test('returns events that follow 120 hidden events', async (t) => {
    const { call, create, say, set, join } = await serveFixture(t, ['alice', 'bob'])
    const roomId = await create(bob)
    await set(roomId, bob, 'm.room.history_visibility', { history_visibility: 'joined' })
    const { body: before } = await call('GET', '/events?timeout=0')
    for (let n = 0; n < 120; n++) await say(roomId, bob, 'hidden')
    await join(roomId, alice)
    const first = await call('GET', `/events?from=${before.end}&timeout=30000`)
    assert.deepEqual(first.body.chunk, [])
    const second = await call('GET', `/events?from=${first.body.end}&timeout=30000`)
    assert.deepEqual(
      second.body.chunk.map((event: { type: string }) => event.type),
      ['m.room.member'],
    )
  })

  test('waits until there is an event or the timeout ends', async (t) => {
    const { call, create, say, clock } = await serveFixture(t, ['alice'])
    const roomId = await create(alice)
    const waiting = call('GET', '/events?timeout=30000')
    await clock.asleep(30_000)
    await say(roomId, alice, 'hello')
    assert.equal((await waiting).body.chunk[0].content.body, 'hello')
    const { body } = await waiting
    const timingOut = call('GET', `/events?from=${body.end}&timeout=30000`)
    await clock.asleep(30_000)
    clock.advance(30_000)
    assert.deepEqual((await timingOut).body.chunk, [])
  })

  test('returns 400 when from is not a token', async (t) => {
    const { call } = await serveFixture(t, ['alice'])
    const { status, body } = await call('GET', '/events?from=END')
    assert.deepEqual([status, body.errcode], [400, 'M_INVALID_PARAM'])
  })
})

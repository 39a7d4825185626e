import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { user } from '../rooms/sync-fixture.ts'
import { escaped, serveFixture } from './reading-server.ts'

const alice = user('alice')
const bob = user('bob')

describe('PUT /rooms/{roomId}/typing/{userId}', () => {
  test('starts, ends, and ends after the timeout', async (t) => {
    const { call, create, typing, clock } = await serveFixture(t, ['alice'])
    const roomId = await create(alice)
    const path = `/rooms/${escaped(roomId)}/typing/${escaped(alice)}`
    assert.deepEqual(await call('PUT', path, { typing: true, timeout: 1000 }), { status: 200, body: {} })
    assert.deepEqual(typing.usersIn(roomId), [alice])
    assert.equal((await call('PUT', path, { typing: false })).status, 200)
    assert.deepEqual(typing.usersIn(roomId), [])
    await call('PUT', path, { typing: true, timeout: 1000 })
    clock.advance(1000)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(typing.usersIn(roomId), [])
  })

  test('returns 403 for another user and outside the room, and 400 for malformed bodies', async (t) => {
    const { call, create } = await serveFixture(t, ['alice', 'bob'])
    const roomId = await create(alice)
    const otherRoom = await create(bob)
    const of = (room: string, who: string) => `/rooms/${escaped(room)}/typing/${escaped(who)}`
    assert.equal((await call('PUT', of(roomId, bob), { typing: true })).status, 403)
    assert.equal((await call('PUT', of(otherRoom, alice), { typing: true })).status, 403)
    assert.equal((await call('PUT', of(roomId, alice), {})).body.errcode, 'M_MISSING_PARAM')
    assert.equal((await call('PUT', of(roomId, alice), { typing: 'yes' })).body.errcode, 'M_BAD_JSON')
  })
})

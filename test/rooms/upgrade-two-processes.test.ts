import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTag, tagsOf } from '../../src/accounts/tags.ts'
import { createRoom } from '../../src/rooms/create-room.ts'
import { joinedRooms } from '../../src/rooms/membership.ts'
import { upgradeRoom } from '../../src/rooms/upgrade-room.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { quotas } from '../support/quotas.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { alice, createRoomsFixture } from './fixture.ts'

onEachSharedDatabase('two processes', (openTwo) => {
  test('that upgrade a room at the same time make one new room', async (t) => {
    const [one, other] = await openTwo(t)
    const fixture = await createRoomsFixture(one)
    const roomId = await createRoom(fixture, alice, { preset: 'public_chat' })
    const request = { roomId, userId: alice, newVersion: '11' }
    const rooms = await Promise.all(
      [one, other, one, other].map((db) => upgradeRoom({ ...fixture, db }, request)),
    )
    assert.equal(new Set(rooms).size, 1)
    assert.equal((await joinedRooms(fixture, alice)).length, 2)
  })

  test('that set tags of a room at the same time lose none', async (t) => {
    const databases = await openTwo(t)
    const fixture = await createRoomsFixture(databases[0])
    const roomId = await createRoom(fixture, alice, {})
    const names = Array.from({ length: 20 }, (_, at) => `u.${at}`)
    await Promise.all(
      names.map((tag, at) => {
        const db = at % 2 === 0 ? databases[0] : databases[1]
        const deps = { db, bus: createLocalBus(), quotas, onRulesChanged: async () => undefined }
        return setTag(deps, { userId: alice, roomId, tag }, {})
      }),
    )
    const tags = await tagsOf(databases[0], { userId: alice, roomId })
    assert.equal(Object.keys(tags).length, 20)
  })
})

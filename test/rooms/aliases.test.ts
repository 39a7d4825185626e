import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomAlias } from '../../src/lib/ids.ts'
import { addAlias, listAliases, removeAlias, resolveAlias } from '../../src/rooms/aliases.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, createRoomsFixture, publicRoom, refusal, setState } from './fixture.ts'

const pub = '#pub:here' as RoomAlias
const office = '#office:here' as RoomAlias
const forbidden = refusal(403, 'M_FORBIDDEN')
const missing = refusal(404, 'M_NOT_FOUND')

onEachDatabase('aliases', (open) => {
  test('can be added by members only, resolve to one room, and are listed for its members', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const add = (alias: RoomAlias, userId = alice) => addAlias(fixture, { alias, roomId, userId })
    await assert.rejects(resolveAlias(fixture.db, pub), missing)
    await assert.rejects(add(pub, bob), forbidden)
    await assert.rejects(add('#pub:there' as RoomAlias), refusal(400, 'M_INVALID_PARAM'))
    await add(pub)
    await add(office)
    await assert.rejects(add(pub), refusal(409, 'M_UNKNOWN'))
    assert.equal(await resolveAlias(fixture.db, pub), roomId)
    assert.deepEqual(await listAliases(fixture.db, roomId, alice), [office, pub])
    await assert.rejects(listAliases(fixture.db, roomId, bob), forbidden)
    const content = { history_visibility: 'world_readable' }
    await setState(fixture, roomId, alice, { type: 'm.room.history_visibility', content })
    assert.deepEqual(await listAliases(fixture.db, roomId, bob), [office, pub])
    assert.deepEqual(await listAliases(fixture.db, await publicRoom(fixture), alice), [])
  })

  test('can be removed by their creator and by users who may set the canonical alias', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    for (const userId of [bob, carol]) await joinRoom(fixture, { roomId, userId })
    for (const alias of [pub, office]) await addAlias(fixture, { alias, roomId, userId: bob })
    await assert.rejects(removeAlias(fixture, pub, carol), forbidden)
    await removeAlias(fixture, pub, bob)
    await assert.rejects(resolveAlias(fixture.db, pub), missing)
    await assert.rejects(removeAlias(fixture, pub, bob), missing)
    await removeAlias(fixture, office, alice)
    assert.deepEqual(await listAliases(fixture.db, roomId, alice), [])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomAlias } from '../../src/lib/ids.ts'
import { addAlias, listAliases, removeAlias, resolveAlias } from '../../src/rooms/aliases.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, openWorld, publicRoom, refusal, setState } from './fixture.ts'

const pub = '#pub:here' as RoomAlias
const inn = '#inn:here' as RoomAlias
const forbidden = refusal(403, 'M_FORBIDDEN')
const missing = refusal(404, 'M_NOT_FOUND')

onEachDatabase('aliases', (open) => {
  test('are made by members, lead to one room, and are listed for members', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const add = (alias: RoomAlias, userId = alice) => addAlias(world, { alias, roomId, userId })
    await assert.rejects(resolveAlias(world.db, pub), missing)
    await assert.rejects(add(pub, bob), forbidden)
    await assert.rejects(add('#pub:there' as RoomAlias), refusal(400, 'M_INVALID_PARAM'))
    await add(pub)
    await add(inn)
    await assert.rejects(add(pub), refusal(409, 'M_UNKNOWN'))
    assert.equal(await resolveAlias(world.db, pub), roomId)
    assert.deepEqual(await listAliases(world.db, roomId, alice), [inn, pub])
    await assert.rejects(listAliases(world.db, roomId, bob), forbidden)
    const content = { history_visibility: 'world_readable' }
    await setState(world, roomId, alice, { type: 'm.room.history_visibility', content })
    assert.deepEqual(await listAliases(world.db, roomId, bob), [inn, pub])
    assert.deepEqual(await listAliases(world.db, await publicRoom(world), alice), [])
  })

  test('are removed by who made them, or who may set the canonical one', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    for (const userId of [bob, carol]) await joinRoom(world, { roomId, userId })
    for (const alias of [pub, inn]) await addAlias(world, { alias, roomId, userId: bob })
    await assert.rejects(removeAlias(world, pub, carol), forbidden)
    await removeAlias(world, pub, bob)
    await assert.rejects(resolveAlias(world.db, pub), missing)
    await assert.rejects(removeAlias(world, pub, bob), missing)
    await removeAlias(world, inn, alice)
    assert.deepEqual(await listAliases(world.db, roomId, alice), [])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { banUser, joinRoom } from '../../src/rooms/membership.ts'
import { upgradeRoom } from '../../src/rooms/upgrade-room.ts'
import { copyRoomRules } from '../../src/user-rules/copy-room-rules.ts'
import { putRule } from '../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { createRulesFixture } from '../accounts/fixture.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { alice, bob, createRoomsFixture, publicRoom, refusal, stateOf } from './fixture.ts'

test('a room with more than a thousand bans cannot be upgraded, and one with 990 can', async (t) => {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const roomId = await publicRoom(fixture)
  const ban = async (from: number, to: number) => {
    for (let at = from; at < to; at++)
      await banUser(fixture, { roomId, sender: alice, target: `@spam${at}:here` as UserId })
  }
  await ban(0, 990)
  const first = await upgradeRoom(fixture, { roomId, userId: alice, newVersion: '11' })
  assert.deepEqual(await stateOf(fixture, first, 'm.room.member', '@spam989:here'), { membership: 'ban' })
  await ban(990, 1001)
  const before = await stateOf(fixture, roomId, 'm.room.tombstone')
  await assert.rejects(
    upgradeRoom(fixture, { roomId, userId: alice, newVersion: '12' }),
    refusal(400, 'M_INVALID_PARAM'),
  )
  assert.deepEqual(await stateOf(fixture, roomId, 'm.room.tombstone'), before)
})

onEachDatabase('push rules of an upgraded room', (open) => {
  test('rules above the limits of the user are not copied, and the join succeeds', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const rules = createRulesFixture(db, { maxRulesPerUser: 4 })
    const deps = {
      ...fixture,
      onReplacementJoined: ((tx, change) =>
        copyRoomRules(rules, tx, change)) as typeof fixture.onReplacementJoined,
    }
    const roomId = await publicRoom(deps)
    await joinRoom(deps, { roomId, userId: bob })
    const condition = { kind: 'event_match', key: 'room_id', pattern: roomId } as const
    for (const ruleId of ['a', 'b', 'c'])
      await putRule(
        rules,
        { userId: bob, scope: '', kind: 'override', ruleId },
        { content: { conditions: [condition], actions: [] } },
      )
    const to = await upgradeRoom(deps, { roomId, userId: alice, newVersion: '11' })
    await joinRoom(deps, { roomId: to, userId: bob })
    const { global } = await rulesetOf(db, bob, rules)
    const own = global.override.filter((rule) => !rule.default).map((rule) => rule.rule_id)
    assert.deepEqual(own, [`c ${to}`, 'c', 'b', 'a'])
    assert.equal((await stateOf(deps, to, 'm.room.member', bob))?.['membership'], 'join')
  })

  test('a rule of the user for the new room stays as it is', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const rules = createRulesFixture(db)
    const deps = {
      ...fixture,
      onReplacementJoined: ((tx, change) =>
        copyRoomRules(rules, tx, change)) as typeof fixture.onReplacementJoined,
    }
    const roomId = await publicRoom(deps)
    await joinRoom(deps, { roomId, userId: bob })
    const put = (ruleId: string, actions: readonly 'notify'[]) =>
      putRule(rules, { userId: bob, scope: '', kind: 'room', ruleId }, { content: { actions } })
    await put(roomId, [])
    const to = await upgradeRoom(deps, { roomId, userId: alice, newVersion: '11' })
    await put(to, ['notify'])
    await joinRoom(deps, { roomId: to, userId: bob })
    const { global } = await rulesetOf(db, bob, rules)
    const own = global.room.map(({ rule_id: id, actions }) => [id, actions])
    assert.deepEqual(own, [
      [to, ['notify']],
      [roomId, []],
    ])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { banUser, joinedRooms, joinRoom, unbanUser } from '../../src/rooms/membership.ts'
import { continueUpgrades, trySet } from '../../src/rooms/upgrade-carry.ts'
import { upgradeRoom } from '../../src/rooms/upgrade-room.ts'
import { type Database, StorageError, type Transaction } from '../../src/storage/database.ts'
import { copyRoomRules } from '../../src/user-rules/copy-room-rules.ts'
import { putRule } from '../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { createRulesFixture } from '../accounts/fixture.ts'
import { type Queries, query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  createRoomsFixture,
  eventsOf,
  publicRoom,
  refusal,
  setState,
  stateOf,
} from './fixture.ts'

const spam = (at: number) => `@spam${at}:here` as UserId

/** Bans users without events of their own: only the rows that an upgrade reads. `position`: of any event. */
const insertBan = query<{ roomId: RoomId; userId: UserId; position: number }>()((db, p) =>
  db.insertInto('memberships').values({
    room_id: p.roomId,
    user_id: p.userId,
    membership: 'ban',
    event_id: '$unknown' as EventId,
    position: p.position,
    displayname: null,
    avatar_url: null,
    name_key: '',
    localpart_key: '',
    has_pushers: 0,
    forgotten: 0,
  }),
)

onEachDatabase('bans of an upgraded room', (open) => {
  test('are not counted as refused when the database fails: the transaction ends', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const fails = () => {
      throw new StorageError('The disk is full')
    }
    const change = { roomId, sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'x' } }
    const setting = fixture.db.transaction(
      async (tx) => {
        const failing = new Proxy(tx, {
          get(target, name: keyof Transaction) {
            const value: unknown = name === 'run' || name === 'write' ? fails : target[name]
            return typeof value === 'function' ? value.bind(target) : value
          },
        })
        return trySet(fixture, failing, change)
      },
      { orderedBy: roomId },
    )
    await assert.rejects(setting, StorageError)
  })

  test('are all copied, also above a hundred, and a repeat copies what is missing and bans no user again', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const ban = (at: number) => banUser(fixture, { roomId, sender: alice, target: spam(at), reason: 'x' })
    await Promise.all(Array.from({ length: 215 }, (_, at) => ban(at)))
    const request = { roomId, userId: alice, newVersion: '11' }
    const to = await upgradeRoom(fixture, request)
    for (const at of [0, 99, 100, 214])
      assert.deepEqual(await stateOf(fixture, to, 'm.room.member', spam(at)), {
        membership: 'ban',
        reason: 'x',
      })
    await unbanUser(fixture, { roomId: to, sender: alice, target: spam(150) })
    // As after an interruption: the new room lacks a ban.
    await banUser(fixture, { roomId, sender: alice, target: spam(500) })
    assert.equal(await upgradeRoom(fixture, request), to)
    assert.deepEqual(await stateOf(fixture, to, 'm.room.member', spam(500)), { membership: 'ban' })
    assert.equal((await stateOf(fixture, to, 'm.room.member', spam(150)))?.['membership'], 'leave')
  })

  test('are copied by another process after a crash in between, once, and a repeat reads only what is missing', async (t) => {
    const db = await open(t)
    const fixture = await createRoomsFixture(db)
    const roomId = await publicRoom(fixture)
    const position = (await db.all(eventsOf, { roomId }))[0]?.position ?? 0
    await db.transaction(async (tx) => {
      for (let at = 0; at < 215; at++) tx.write(insertBan, { roomId, userId: spam(at), position })
    })
    let left = 2
    let largest = 0
    const noted = (q: Queries): Queries => ({
      ...q,
      all: async (of, params) => {
        const rows = await q.all(of, params)
        largest = Math.max(largest, rows.length)
        return rows
      },
    })
    const crashing: Database = {
      ...db,
      ...noted(db),
      transaction: (work, options) =>
        left-- > 0
          ? db.transaction((tx) => work({ ...tx, ...noted(tx) }), options)
          : Promise.reject(new Error('killed')),
    }
    const request = { roomId, userId: alice, newVersion: '11' }
    await assert.rejects(upgradeRoom({ ...fixture, db: crashing }, request), /killed/)
    const [to] = (await joinedRooms(fixture, alice)).filter((id) => id !== roomId)
    assert.ok(to)
    const bansIn = async (id: RoomId) =>
      (await db.all(eventsOf, { roomId: id })).filter(({ content }) => content.includes('"membership":"ban"'))
        .length
    assert.equal(await bansIn(to), 200)
    while ((await continueUpgrades(fixture)) > 0);
    assert.equal(await bansIn(to), 215)
    left = 9
    largest = 0
    assert.equal(await upgradeRoom({ ...fixture, db: crashing }, request), to)
    assert.equal(await bansIn(to), 215)
    // The point of the stream has a row for each shard.
    assert.ok(largest <= Math.max(10, db.shards), `${largest} rows`)
    assert.equal(await continueUpgrades(fixture), 0)
  })

  test('are copied after one that the user may not send, and the log has the number that is left out', async (t) => {
    const lines: { left_out?: number }[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) })
    const fixture = { ...(await createRoomsFixture(await open(t))), log }
    const roomId = await publicRoom(fixture)
    const target = (at: number) => `@spam${String(at).padStart(3, '0')}:here` as UserId
    const ban = (at: number) => banUser(fixture, { roomId, sender: alice, target: target(at) })
    await Promise.all(Array.from({ length: 215 }, (_, at) => ban(at)))
    // The new room has these levels before its second hundred bans. Its creator has the highest level too,
    // and so may not ban the user.
    const levels = await stateOf(fixture, roomId, 'm.room.power_levels')
    const content = { ...levels, users: { [target(120)]: 1000 } }
    await setState(fixture, roomId, alice, { type: 'm.room.power_levels', content })
    const to = await upgradeRoom(fixture, { roomId, userId: alice, newVersion: '11' })
    const copied: number[] = []
    for (const at of [99, 119, 120, 121, 199, 200, 214])
      if (await stateOf(fixture, to, 'm.room.member', target(at))) copied.push(at)
    assert.deepEqual(copied, [99, 119, 121, 199, 200, 214])
    assert.deepEqual(
      lines.map((line) => line.left_out),
      [1],
    )
  })

  test('a room with more than five thousand bans cannot be upgraded', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await fixture.db.transaction(async (tx) => {
      for (let at = 0; at < 5001; at++) tx.write(insertBan, { roomId, userId: spam(at), position: 1 })
    })
    await assert.rejects(
      upgradeRoom(fixture, { roomId, userId: alice, newVersion: '12' }),
      refusal(400, 'M_INVALID_PARAM'),
    )
    assert.equal(await stateOf(fixture, roomId, 'm.room.tombstone'), undefined)
  })
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

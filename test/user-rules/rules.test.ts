import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deleteRule,
  putRule,
  type RuleChangeDeps,
  removeAllRules,
  setRuleActions,
  setRuleEnabled,
} from '../../src/user-rules/change-rules.ts'
import { startHandleSweeper, sweepHandles } from '../../src/user-rules/sweep-handles.ts'
import { rulesetOf, rulesetsOf } from '../../src/user-rules/read-rules.ts'
import { viewerFacts } from '../../src/accounts/viewer.ts'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { defaultRules } from '../../src/push-rules/index.ts'
import { addRoom } from '../../src/rooms/room-store.ts'
import { moveCounters, setMembership } from '../../src/rooms/membership-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import type { Membership } from '../../src/storage/rooms-schema.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createRulesFixture } from '../accounts/fixture.ts'

const alice = '@alice:here' as UserId
const bob = '@bob:here' as UserId
const roomB = '!room-b:here' as RoomId
const roomA = '!room-a:here' as RoomId
const SETTINGS = { legacyMentionRules: true }
const DAY_MS = 24 * 60 * 60_000

const ruleSets = query()((db) => db.selectFrom('rule_sets').selectAll().orderBy('user_id'))
const ruleRows = query()((db) => db.selectFrom('push_rules').select(['user_id', 'scope', 'rule_id']))
const handles = query()((db) => db.selectFrom('device_rule_sets').selectAll().orderBy('handle'))
const members = query()((db) =>
  db
    .selectFrom('memberships')
    .select(['room_id', 'user_id', 'has_rules'])
    .orderBy('room_id')
    .orderBy('user_id'),
)
const roomVersions = query()((db) =>
  db.selectFrom('rooms').select(['room_id', 'rules_version', 'joined_count']).orderBy('room_id'),
)
const addMalformed = query<{ ruleId: string; actions: string; conditions: string }>()((db, p) =>
  db.insertInto('push_rules').values({
    user_id: alice,
    scope: '',
    kind: 'override',
    rule_id: p.ruleId,
    place: 0,
    conditions: p.conditions,
    pattern: null,
    actions: p.actions,
    enabled: 1,
  }),
)

const rule = (userId: UserId, scope = '', ruleId = 'a') => ({ userId, scope, kind: 'room' as const, ruleId })
const mute = (deps: RuleChangeDeps, userId: UserId, scope?: string, ruleId?: string) =>
  putRule(deps, rule(userId, scope, ruleId), { content: { actions: [] } })

/** The effect of a member event. Resolves to the version of the members' rules in the room. */
function setMember(
  db: Database,
  roomId: RoomId,
  userId: UserId,
  membership: Membership,
): Promise<{ position: number; version: number }> {
  return db.transaction(
    async (tx) => {
      const position = await nextPosition(tx)
      const eventId = `$${position}` as EventId
      const profile = { displayname: null, avatarUrl: null, nameKey: '', localpartKey: '' }
      const { rulesVersion } = await moveCounters(tx, { roomId, userId, position, membership })
      await setMembership(tx, { roomId, userId, membership, eventId, position, ...profile })
      return { position, version: rulesVersion }
    },
    { orderedBy: roomId },
  )
}

async function withRooms(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    for (const roomId of [roomB, roomA])
      await addRoom(tx, { roomId, version: '12', creator: bob, createdAt: 0, isPublic: 0 })
  })
}

onEachDatabase('the push rules of users', (open) => {
  test('a change takes a position, wakes the syncs and calls onRulesChanged in one transaction', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db)
    let woken = 0
    afterTest(
      t,
      deps.bus.subscribe([`user:${alice}`], () => void woken++),
    )
    const key = rule(alice)
    const steps = [
      () => mute(deps, alice),
      () => mute(deps, alice),
      () => setRuleEnabled(deps, key, false),
      () => setRuleActions(deps, key, ['notify']),
      () => deleteRule(deps, key),
      () => setRuleEnabled(deps, { ...key, kind: 'override', ruleId: '.m.rule.master' }, true),
      () => mute(deps, alice, 'phone'),
      () => deleteRule(deps, rule(alice, 'phone')),
    ]
    assert.equal((await viewerFacts(db, { userId: alice, deviceId: null }, [0])).rulesVersion, 0)
    for (const [index, step] of steps.entries()) {
      await step()
      const position = await currentPosition(db)
      assert.equal((await viewerFacts(db, { userId: alice, deviceId: null }, [0])).rulesVersion, position)
      assert.equal((await rulesetOf(db, alice, SETTINGS)).version, position)
      assert.deepEqual(deps.changes.at(-1), { userId: alice, position })
      assert.deepEqual([deps.changes.length, woken], [index + 1, index + 1])
    }
  })

  test('a change is rolled back when onRulesChanged fails', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db, { onRulesChanged: () => Promise.reject(new Error('no')) })
    let woken = 0
    afterTest(
      t,
      deps.bus.subscribe([`user:${alice}`], () => void woken++),
    )
    await assert.rejects(mute(deps, alice, 'phone'), /^Error: no$/)
    await assert.rejects(deleteRule(deps, rule(alice)), { status: 404 })
    assert.deepEqual(await db.all(ruleRows, {}), [])
    assert.deepEqual(await db.all(ruleSets, {}), [])
    assert.deepEqual(await db.all(handles, {}), [])
    assert.deepEqual([await currentPosition(db), woken], [0, 0])
  })

  test('the record of users with rules in each scope follows the rules', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db)
    const own = async () => {
      const [set] = await db.all(ruleSets, {})
      return [set?.has_global, set?.has_device]
    }
    await mute(deps, alice)
    assert.deepEqual(await own(), [1, 0])
    await mute(deps, alice, 'phone')
    assert.deepEqual(await own(), [1, 1])
    await deleteRule(deps, rule(alice))
    assert.deepEqual(await own(), [0, 1])
    await deleteRule(deps, rule(alice, 'phone'))
    assert.deepEqual(await own(), [0, 0])
    const message = { userId: alice, scope: '', kind: 'underride' as const, ruleId: '.m.rule.message' }
    await setRuleActions(deps, message, [])
    await setRuleEnabled(deps, message, false)
    assert.deepEqual(await own(), [1, 0])
    await setRuleEnabled(deps, message, true)
    assert.deepEqual(await own(), [1, 0])
    await setRuleActions(deps, message, ['notify'])
    assert.deepEqual(await own(), [0, 0], 'equal to the default rule, so no rule of their own')
  })

  test('rooms record the members with rules, and the position of the last change', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db)
    await withRooms(db)
    await setMember(db, roomB, alice, 'join')
    const plain = await setMember(db, roomB, bob, 'join')
    assert.equal(plain.version, 0, 'no member has rules')
    await mute(deps, alice)
    const changed = await currentPosition(db)
    await setMember(db, roomA, bob, 'join')
    const flags = async () =>
      (await db.all(members, {})).map((row) => [row.room_id, row.user_id, row.has_rules])
    const versions = async () => (await db.all(roomVersions, {})).map((row) => row.rules_version)
    assert.deepEqual(await flags(), [
      [roomA, bob, 0],
      [roomB, alice, 1],
      [roomB, bob, 0],
    ])
    assert.deepEqual(await versions(), [0, changed])
    const invited = await setMember(db, roomA, alice, 'invite')
    const joined = await setMember(db, roomA, alice, 'join')
    assert.deepEqual([invited.version, joined.version], [invited.position, joined.position])
    const again = await setMember(db, roomA, bob, 'join')
    assert.equal(again.version, joined.position, 'a member without rules changes nothing')
    const left = await setMember(db, roomA, alice, 'leave')
    assert.deepEqual(await versions(), [left.position, changed])
    await deleteRule(deps, rule(alice))
    assert.deepEqual(
      await versions(),
      [left.position, await currentPosition(db)],
      'no change in the room that they left',
    )
    assert.deepEqual(
      (await flags()).map(([, , has]) => has),
      [0, 0, 0, 0],
    )
    assert.deepEqual(
      (await db.all(roomVersions, {})).map((row) => row.joined_count),
      [1, 2],
    )
  })

  test('rules of many users are read together, without users who never changed a rule', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db)
    await mute(deps, alice, '', 'first')
    await mute(deps, alice, '', 'second')
    await mute(deps, bob, 'phone')
    const found = await rulesetsOf(db, [alice, bob, '@carol:here' as UserId], SETTINGS)
    assert.deepEqual([...found.keys()].toSorted(), [alice, bob])
    for (const userId of [alice, bob])
      assert.deepEqual(found.get(userId), await rulesetOf(db, userId, SETTINGS))
    assert.deepEqual(
      found.get(alice)?.global.room.map((each) => each.rule_id),
      ['second', 'first'],
    )
    assert.deepEqual([...(found.get(bob)?.device.keys() ?? [])], ['phone'])
  })

  test('a malformed stored rule is left out and the other rules apply', async (t) => {
    const db = await open(t)
    await mute(createRulesFixture(db), alice)
    const conditions = '[]'
    const add = (row: { ruleId: string; actions: string; conditions: string }) =>
      db.transaction((tx) => tx.run(addMalformed, row))
    await add({ ruleId: 'no json', actions: '[', conditions })
    await add({ ruleId: 'no list', actions: '{}', conditions })
    await add({ ruleId: 'no conditions', actions: '[]', conditions: '7' })
    await add({ ruleId: 'good', actions: '[]', conditions })
    const { global } = await rulesetOf(db, alice, SETTINGS)
    const own = Object.values(global).flatMap((rules) => rules.filter((each) => !each.default))
    assert.deepEqual(
      own.map((each) => each.rule_id),
      ['good', 'a'],
    )
  })

  test('a closed account has only the default rules', async (t) => {
    const db = await open(t)
    const deps = createRulesFixture(db)
    await mute(deps, alice)
    await mute(deps, alice, 'phone')
    await mute(deps, bob)
    await setRuleEnabled(deps, { ...rule(alice), kind: 'override', ruleId: '.m.rule.master' }, true)
    await db.transaction((tx) => removeAllRules(deps, tx, alice), { orderedBy: alice })
    const { version, global, device } = await rulesetOf(db, alice, SETTINGS)
    assert.deepEqual(global, defaultRules({ ...SETTINGS, userId: alice, localpart: 'alice' }))
    assert.equal(device.size, 0)
    assert.deepEqual(deps.changes.at(-1), { userId: alice, position: version })
    assert.deepEqual(await db.all(handles, {}), [])
    assert.deepEqual(
      (await db.all(ruleRows, {})).map((row) => row.user_id),
      [bob],
    )
  })

  test('rules of a handle without a pusher are removed after the retention time, once a day', async (t) => {
    const db = await open(t)
    const clock = createManualClock()
    const deps = createRulesFixture(db, { clock })
    const start = clock.now()
    await mute(deps, alice)
    for (let n = 0; n < 45; n++) await mute(deps, alice, `old ${n}`)
    clock.advance(10 * DAY_MS)
    await mute(deps, bob, 'young')
    assert.deepEqual((await db.all(handles, {})).at(-1), {
      user_id: bob,
      handle: 'young',
      unheld_since: start + 10 * DAY_MS,
    })
    assert.equal(await sweepHandles(deps, 10 * DAY_MS), 0, 'not before the retention time')
    clock.advance(1)
    await using _sweeper = startHandleSweeper({ ...deps, log: silentLog }, 10)
    await eventually(async () => (await db.all(handles, {})).length === 1)
    const left = (await db.all(ruleRows, {})).map((row) => [row.user_id, row.scope])
    assert.deepEqual(left, [
      [alice, ''],
      [bob, 'young'],
    ])
    assert.deepEqual((await rulesetOf(db, alice, SETTINGS)).version, deps.changes.at(-1)?.position)
    await eventually(async () => {
      clock.advance(DAY_MS)
      return (await db.all(handles, {})).length === 0
    })
    assert.deepEqual((await db.all(ruleRows, {})).length, 1)
  })
})

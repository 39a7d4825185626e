import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putRule, setRuleEnabled } from '../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { query } from '../../src/storage/query.ts'
import { bob, buildTower, carol, PHONE, type Tower } from '../delivery/tower.ts'
import { onEachDatabase } from '../support/databases.ts'
import { removePushersOfDevices } from '../../src/pushers/remove-pushers.ts'

// "clients should be able to rectify it": a new handle, with or without the rules of the old one.

const DATA = { url: 'https://push.example.org/_matrix/push/v1/notify' }

const handles = query()((db) =>
  db
    .selectFrom('device_rule_sets')
    .select(['handle', 'unheld_since'])
    .where('user_id', '=', bob)
    .orderBy('handle'),
)

const rule = (scope: string, ruleId: string) => ({ userId: bob, scope, kind: 'room' as const, ruleId })
const put = (tower: Tower, scope: string, ruleId: string, sound: string) =>
  putRule(tower.rules, rule(scope, ruleId), { content: { actions: [{ set_tweak: 'sound', value: sound }] } })
const set = (tower: Tower, fields: object) => tower.setPusher(bob, { data: DATA, ...fields })

/** The rules of a handle in their order: id, sound, and whether it is enabled. */
async function shown(tower: Tower, handle: string) {
  const { device } = await rulesetOf(tower.db, bob, { legacyMentionRules: true })
  return device.get(handle)?.room.map((each) => {
    const [action] = each.actions
    return [each.rule_id, typeof action === 'object' && action.value, each.enabled]
  })
}

async function withRules(tower: Tower): Promise<void> {
  await set(tower, { instance_handle: 'old' })
  for (const id of ['c', 'b', 'a']) await put(tower, 'old', id, 'old')
  await setRuleEnabled(tower.rules, rule('old', 'b'), false)
}
const OLD = [
  ['a', 'old', true],
  ['b', 'old', false],
  ['c', 'old', true],
]

onEachDatabase('the rules of a handle', (open) => {
  test('are duplicated to the new one when that is asked for, order and enabled flag kept', async (t) => {
    const tower = await buildTower(t, await open(t))
    await withRules(tower)
    await set(tower, { instance_handle: 'new', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(await shown(tower, 'old'), OLD)
    assert.deepEqual(await shown(tower, 'new'), OLD)
    await put(tower, 'new', 'a', 'changed')
    assert.deepEqual(await shown(tower, 'old'), OLD, 'duplicates, not the same')
  })

  test('are not duplicated unasked, nor when there is nothing to duplicate from or to', async (t) => {
    const tower = await buildTower(t, await open(t))
    await withRules(tower)
    await set(tower, { instance_handle: 'new' })
    assert.equal(await shown(tower, 'new'), undefined)
    await set(tower, { 'org.belfry.copy_push_rules': true })
    await set(tower, { instance_handle: 'third', 'org.belfry.copy_push_rules': true })
    await set(tower, { instance_handle: 'third', 'org.belfry.copy_push_rules': true })
    await set(tower, { pushkey: 'another', instance_handle: 'fourth', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(
      (await tower.db.all(handles, {})).map((row) => row.handle),
      ['old'],
    )
  })

  test('go above those that the new one has already, and take the place of their like', async (t) => {
    const tower = await buildTower(t, await open(t))
    await withRules(tower)
    await put(tower, 'new', 'd', 'new')
    await put(tower, 'new', 'b', 'new')
    await set(tower, { profile_tag: 'new', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(await shown(tower, 'new'), [...OLD, ['d', 'new', true]])
  })

  test('are duplicated with the change of the handle or not at all', async (t) => {
    const tower = await buildTower(t, await open(t))
    await set(tower, { instance_handle: 'old' })
    for (let n = 0; n < 6; n++) await put(tower, 'old', `r${n}`, 'x')
    const before = await tower.pusherRows()
    const moving = set(tower, { instance_handle: 'new', lang: 'de', 'org.belfry.copy_push_rules': true })
    await assert.rejects(moving, { status: 400, errcode: 'M_INVALID_PARAM' })
    assert.deepEqual(await tower.pusherRows(), before)
    assert.equal(await shown(tower, 'new'), undefined)
  })

  test('outlive the pusher, and it is known since when nobody holds it', async (t) => {
    const tower = await buildTower(t, await open(t))
    const { clock, db } = tower
    const since = async () =>
      Object.fromEntries((await db.all(handles, {})).map((row) => [row.handle, row.unheld_since]))
    await withRules(tower)
    await put(tower, 'never held', 'a', 'x')
    const start = clock.now()
    assert.deepEqual(await since(), { old: null, 'never held': start })

    await set(tower, { pushkey: 'copy', instance_handle: 'old' })
    clock.advance(1000)
    await set(tower, { kind: null })
    assert.deepEqual(await since(), { old: null, 'never held': start }, 'the copy holds it still')
    await set(tower, { pushkey: 'copy', instance_handle: 'other' })
    assert.deepEqual(await since(), { old: start + 1000, 'never held': start })
    clock.advance(1000)
    await set(tower, { pushkey: 'third' })
    assert.deepEqual(await since(), { old: start + 1000, 'never held': start }, 'not counted anew')
    await set(tower, { pushkey: 'restored', instance_handle: 'old' })
    assert.deepEqual(await since(), { old: null, 'never held': start })
    assert.deepEqual(await shown(tower, 'old'), OLD)

    const devices = { userId: bob, deviceIds: [PHONE] }
    await db.transaction((tx) => removePushersOfDevices(tower.pushers, tx, devices))
    assert.deepEqual(await since(), { old: start + 2000, 'never held': start })
    await set(tower, { instance_handle: 'old' })
    clock.advance(1000)
    // The same pushkey under another user takes the pusher over.
    await tower.setPusher(carol, { data: DATA })
    assert.deepEqual(await since(), { old: start + 3000, 'never held': start })
    assert.deepEqual(await shown(tower, 'old'), OLD)
  })
})

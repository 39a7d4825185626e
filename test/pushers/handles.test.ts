import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putRule, setRuleEnabled } from '../../src/user-rules/change-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { query } from '../../src/storage/query.ts'
import {
  bob,
  createDeliveryFixture,
  carol,
  PHONE,
  type DeliveryFixture,
} from '../delivery/delivery-fixture.ts'
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
const put = (delivery: DeliveryFixture, scope: string, ruleId: string, sound: string) =>
  putRule(delivery.rules, rule(scope, ruleId), {
    content: { actions: [{ set_tweak: 'sound', value: sound }] },
  })
const set = (delivery: DeliveryFixture, fields: object) => delivery.setPusher(bob, { data: DATA, ...fields })

/** The rules of a handle in their order: id, sound, and whether it is enabled. */
async function rulesOf(delivery: DeliveryFixture, handle: string) {
  const { device } = await rulesetOf(delivery.db, bob, { legacyMentionRules: true })
  return device.get(handle)?.room.map((each) => {
    const [action] = each.actions
    return [each.rule_id, typeof action === 'object' && action.value, each.enabled]
  })
}

async function setPusherWithRules(delivery: DeliveryFixture): Promise<void> {
  await set(delivery, { instance_handle: 'old' })
  for (const id of ['c', 'b', 'a']) await put(delivery, 'old', id, 'old')
  await setRuleEnabled(delivery.rules, rule('old', 'b'), false)
}
const OLD = [
  ['a', 'old', true],
  ['b', 'old', false],
  ['c', 'old', true],
]

onEachDatabase('the push rules of a handle', (open) => {
  test('copy_push_rules duplicates the rules to the new handle with their order and enabled flag', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await setPusherWithRules(delivery)
    await set(delivery, { instance_handle: 'new', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(await rulesOf(delivery, 'old'), OLD)
    assert.deepEqual(await rulesOf(delivery, 'new'), OLD)
    await put(delivery, 'new', 'a', 'changed')
    assert.deepEqual(
      await rulesOf(delivery, 'old'),
      OLD,
      'a change of a duplicate does not change the original',
    )
  })

  test('the rules are not duplicated without copy_push_rules, to the same handle, or for a new pusher', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await setPusherWithRules(delivery)
    await set(delivery, { instance_handle: 'new' })
    assert.equal(await rulesOf(delivery, 'new'), undefined)
    await set(delivery, { 'org.belfry.copy_push_rules': true })
    await set(delivery, { instance_handle: 'third', 'org.belfry.copy_push_rules': true })
    await set(delivery, { instance_handle: 'third', 'org.belfry.copy_push_rules': true })
    await set(delivery, { pushkey: 'another', instance_handle: 'fourth', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(
      (await delivery.db.all(handles, {})).map((row) => row.handle),
      ['old'],
    )
  })

  test('duplicated rules come before the rules of the new handle and replace those with the same id', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await setPusherWithRules(delivery)
    await put(delivery, 'new', 'd', 'new')
    await put(delivery, 'new', 'b', 'new')
    await set(delivery, { profile_tag: 'new', 'org.belfry.copy_push_rules': true })
    assert.deepEqual(await rulesOf(delivery, 'new'), [...OLD, ['d', 'new', true]])
  })

  test('the pusher is unchanged when the duplicated rules exceed the limit', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, { instance_handle: 'old' })
    for (let n = 0; n < 6; n++) await put(delivery, 'old', `r${n}`, 'x')
    const before = await delivery.pusherRows()
    const moving = set(delivery, { instance_handle: 'new', lang: 'de', 'org.belfry.copy_push_rules': true })
    await assert.rejects(moving, { status: 400, errcode: 'M_INVALID_PARAM' })
    assert.deepEqual(await delivery.pusherRows(), before)
    assert.equal(await rulesOf(delivery, 'new'), undefined)
  })

  test('the rules stay when the pusher is removed, with the time since which no pusher has the handle', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const { clock, db } = delivery
    const since = async () =>
      Object.fromEntries((await db.all(handles, {})).map((row) => [row.handle, row.unheld_since]))
    await setPusherWithRules(delivery)
    await put(delivery, 'without pusher', 'a', 'x')
    const start = clock.now()
    assert.deepEqual(await since(), { old: null, 'without pusher': start })

    await set(delivery, { pushkey: 'copy', instance_handle: 'old' })
    clock.advance(1000)
    await set(delivery, { kind: null })
    assert.deepEqual(await since(), { old: null, 'without pusher': start }, 'the copy still has the handle')
    await set(delivery, { pushkey: 'copy', instance_handle: 'other' })
    assert.deepEqual(await since(), { old: start + 1000, 'without pusher': start })
    clock.advance(1000)
    await set(delivery, { pushkey: 'third' })
    assert.deepEqual(
      await since(),
      { old: start + 1000, 'without pusher': start },
      'the time does not start again',
    )
    await set(delivery, { pushkey: 'restored', instance_handle: 'old' })
    assert.deepEqual(await since(), { old: null, 'without pusher': start })
    assert.deepEqual(await rulesOf(delivery, 'old'), OLD)

    const devices = { userId: bob, deviceIds: [PHONE] }
    await db.transaction((tx) => removePushersOfDevices(delivery.pushers, tx, devices))
    assert.deepEqual(await since(), { old: start + 2000, 'without pusher': start })
    await set(delivery, { instance_handle: 'old' })
    clock.advance(1000)
    // A pusher of another user with the same app and pushkey replaces it.
    await delivery.setPusher(carol, { data: DATA })
    assert.deepEqual(await since(), { old: start + 3000, 'without pusher': start })
    assert.deepEqual(await rulesOf(delivery, 'old'), OLD)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  putRule,
  removeAllRules,
  type RuleContent,
  setRuleActions,
} from '../../src/user-rules/change-rules.ts'
import { markRuleOwner, recordChange } from '../../src/user-rules/rules-store.ts'
import { GLOBAL } from '../../src/user-rules/read-rules.ts'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { badgeOf } from '../../src/notifications/badge.ts'
import { outcomeOf, unreadCounts } from '../../src/notifications/counts.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import type { RuleKind } from '../../src/push-rules/index.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { HANDLE, type House, openHouse, outboxOf, room, user } from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
const here = room('here')
const MUTE: RuleContent = { actions: [] }

function put(
  house: House,
  userId: UserId,
  [kind, ruleId, scope = GLOBAL]: [RuleKind, string, string?],
  content: RuleContent,
): Promise<void> {
  return putRule(house.rules, { userId, scope, kind, ruleId }, { content })
}

async function total(house: House, userId: UserId, roomId: RoomId = here): Promise<[number, number]> {
  const counts = (await unreadCounts(house.db, userId, [roomId])).get(roomId)
  return [counts?.notifications ?? -1, counts?.highlights ?? -1]
}

/** Everybody in one room. */
async function gathered(house: House): Promise<House> {
  for (const userId of [ann, bob, cat]) await house.join(here, userId)
  return house
}

const noRules = (house: House, userId: UserId) =>
  house.db.transaction((tx) => removeAllRules(house.rules, tx, userId))
const queued = async (house: House, userId: UserId) =>
  (await house.db.all(outboxOf, { userId })).map((row) => row.position)
const plain = { 'm.mentions': {} }

onEachDatabase('rules of their own', (open) => {
  test('a change leaves what was counted, and decides about what comes', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    await house.addPusher(bob)
    const first = await house.say(here, ann, 'one')
    await put(house, bob, ['room', here], MUTE)
    const second = await house.say(here, ann, 'two')
    await put(house, bob, ['room', here], { actions: ['notify', { set_tweak: 'highlight' }] })
    const third = await house.say(here, ann, 'three')
    await noRules(house, bob)
    const fourth = await house.say(here, ann, 'four')
    assert.deepEqual(await total(house, bob), [3, 1])
    assert.deepEqual(await total(house, cat), [4, 0])
    const told = [first, third, fourth].map(({ position }) => position)
    assert.deepEqual(await queued(house, bob), told)
    const { notifications } = await listNotifications(house.db, { userId: bob, limit: 10 })
    assert.deepEqual(
      notifications.map(({ position, decision }) => [position, decision.rule?.kind]),
      [
        [fourth.position, 'underride'],
        [third.position, 'room'],
        [first.position, 'underride'],
      ],
    )
    assert.equal(
      await outcomeOf(house.db, { userId: bob, roomId: here, position: second.position }),
      undefined,
    )
    await house.read({ userId: bob, roomId: here, threadId: '', position: second.position })
    assert.deepEqual(await total(house, bob), [2, 1])
    await house.redact(here, third.position)
    assert.deepEqual(await total(house, bob), [1, 0])
  })

  test('pages of the list go on over changes of cohort', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    const told: number[] = []
    for (let at = 0; at < 12; at++) {
      if (at % 3 === 0)
        await put(house, bob, ['room', here], { actions: ['notify', { set_tweak: 'sound', value: `${at}` }] })
      told.unshift((await house.say(here, ann, `message ${at}`)).position)
    }
    const listed: number[] = []
    let from: number | undefined
    do {
      const page = await listNotifications(house.db, { userId: bob, limit: 5, ...(from && { from }) })
      listed.push(...page.notifications.map(({ position }) => position))
      from = page.next
    } while (from !== undefined)
    assert.deepEqual(listed, told)
  })

  test('who leaves takes no cohort along', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    await put(house, bob, ['room', here], MUTE)
    await house.say(here, ann, 'nobody hears')
    await house.setMember({ roomId: here, userId: bob, membership: 'leave' })
    await noRules(house, bob)
    await house.join(here, bob)
    await house.say(here, ann, 'welcome back')
    assert.deepEqual(await total(house, bob), [1, 0])
  })

  test('who joins with rules of their own has them from the first message on', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await put(house, bob, ['room', here], MUTE)
    await house.join(here, bob)
    await house.say(here, ann, 'silence')
    assert.deepEqual(await total(house, bob), [0, 0])
  })

  test('authors are not told of their own member events, whatever their rules', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.member_event' } as const
    await setRuleActions(house.rules, key, ['notify'])
    const rename = { roomId: here, membership: 'join', before: 'join', displayName: 'New' } as const
    await house.setMember({ ...rename, userId: bob })
    assert.deepEqual(await total(house, bob), [0, 0])
    await house.setMember({ ...rename, userId: ann })
    assert.deepEqual(await total(house, bob), [1, 0])
    assert.deepEqual(await total(house, cat), [0, 0])
  })

  test('a keyword is found in the text of a message, for who has it alone', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    await put(house, bob, ['content', 'tea'], {
      pattern: 'tea',
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    const { position } = await house.say(here, ann, 'Tea, anyone?', plain)
    await house.say(here, ann, 'steam', plain)
    assert.deepEqual(
      [await total(house, bob), await total(house, cat)],
      [
        [2, 1],
        [2, 0],
      ],
    )
    const outcome = await outcomeOf(house.db, { userId: bob, roomId: here, position })
    assert.deepEqual(outcome?.rule, { kind: 'content', ruleId: 'tea' })
  })

  test('ignored people notify nobody who ignores them, not by mentions nor by invitations', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    for (const userId of [bob, cat]) await house.addPusher(userId)
    await house.ignore(bob, [ann])
    const { position } = await house.say(here, ann, 'Bob!', { 'm.mentions': { user_ids: [bob] } })
    assert.deepEqual(
      [await total(house, bob), await total(house, cat)],
      [
        [0, 0],
        [1, 0],
      ],
    )
    assert.deepEqual(await queued(house, bob), [])
    assert.deepEqual(await queued(house, cat), [position])
    await house.join(room('other'), ann)
    await house.setMember({ roomId: room('other'), userId: bob, by: ann, membership: 'invite' })
    assert.equal(await badgeOf(house.db, bob), 0)
    await house.removePushers(bob)
    await house.addPusher(bob)
    assert.equal(await badgeOf(house.db, bob), 0)
    await house.ignore(bob, [])
    await house.say(here, ann, 'again')
    assert.deepEqual(await total(house, bob), [1, 0])
  })

  test('an invitation goes by the rules of the invited', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.addPusher(bob)
    await house.addPusher(cat)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(house.rules, key, [])
    for (const userId of [bob, cat])
      await house.setMember({ roomId: here, userId, by: ann, membership: 'invite' })
    assert.deepEqual([await badgeOf(house.db, bob), await badgeOf(house.db, cat)], [0, 1])
    assert.deepEqual(await queued(house, bob), [])
  })

  test('a knock is told to those who may answer it, where the proposal is switched on', async (t) => {
    const db = await open(t)
    const house = await gathered(openHouse(db, { experimental: { knocks: true } }))
    house.context.powerLevels = { invite: 50, users: { [bob]: 50, [cat]: 0 } }
    await house.setMember({ roomId: here, userId: user('dan'), membership: 'knock' })
    assert.deepEqual(
      [await total(house, bob), await total(house, cat)],
      [
        [1, 0],
        [0, 0],
      ],
    )
    const usual = openHouse(db)
    usual.context.powerLevels = house.context.powerLevels
    await usual.setMember({ roomId: here, userId: user('eve'), membership: 'knock' })
    assert.deepEqual(await total(usual, bob), [1, 0])
  })

  test('a rule of a device wakes it where the account is muted, and counts nothing', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    const pusher = await house.addPusher(bob)
    await put(house, bob, ['room', here], MUTE)
    await put(house, bob, ['room', here, HANDLE], { actions: ['notify'] })
    await put(house, bob, ['room', here, 'tablet'], { actions: ['notify'] })
    house.woken.length = 0
    const { position } = await house.say(here, ann, 'hello')
    assert.deepEqual(await house.db.all(outboxOf, { userId: bob }), [{ pusher_id: pusher, position }])
    assert.deepEqual(house.woken, [pusher])
    assert.deepEqual([await total(house, bob), await badgeOf(house.db, bob)], [[0, 0], 0])
    await house.say(here, bob, 'own messages wake nobody')
    assert.deepEqual(await queued(house, bob), [position])
  })

  test('a transaction that fails leaves nothing behind of the rules it had loaded', async (t) => {
    const house = await gathered(openHouse(await open(t)))
    const asOf = { roomId: here, version: 1_000, position: 1_001 }
    const failing = house.db.transaction(async (tx) => {
      await tx.run(insertMute, { userId: bob, roomId: here })
      await tx.run(recordChange, { userId: bob, position: 1_000 })
      await tx.run(markRuleOwner, { userId: bob, hasRules: 1 })
      assert.equal((await house.deps.memberRules.ofRoom(tx, asOf))?.members.size, 1)
      throw new Error('changed my mind')
    })
    await assert.rejects(failing, /changed my mind/)
    await house.db.transaction(async (tx) => {
      assert.equal((await house.deps.memberRules.ofRoom(tx, asOf))?.members.size, 0)
    })
  })

  test('other default rules after a restart leave the counts and the cohorts as they are', async (t) => {
    const db = await open(t)
    const before = await gathered(openHouse(db, { legacyMentionRules: true }))
    await put(before, bob, ['room', here], { actions: ['notify', { set_tweak: 'sound', value: 'bell' }] })
    await before.say(here, ann, 'one', plain)
    const after = openHouse(db, { legacyMentionRules: false })
    await after.say(here, ann, 'two', plain)
    assert.deepEqual(
      [await total(after, bob), await total(after, cat)],
      [
        [2, 0],
        [2, 0],
      ],
    )
    assert.equal((await db.all(changesOf, { userId: bob })).length, 1)
  })
})

const changesOf = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('cohort_members').select('cohort').where('user_id', '=', p.userId),
)
const insertMute = query<{ userId: UserId; roomId: RoomId }>()((db, p) =>
  db.insertInto('push_rules').values({
    user_id: p.userId,
    scope: GLOBAL,
    kind: 'room',
    rule_id: p.roomId,
    place: 0,
    conditions: null,
    pattern: null,
    actions: '[]',
    enabled: 1,
  }),
)

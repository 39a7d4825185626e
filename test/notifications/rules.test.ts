import { badgeOf, outcomeOf } from '../../src/notifications/recipient-facts.ts'
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
import { unreadCounts } from '../../src/notifications/counts.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import type { RuleKind } from '../../src/push-rules/index.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  HANDLE,
  type NotificationsFixture,
  createNotificationsFixture,
  outboxOf,
  room,
  user,
} from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')
const MUTE: RuleContent = { actions: [] }

function put(
  fixture: NotificationsFixture,
  userId: UserId,
  [kind, ruleId, scope = GLOBAL]: [RuleKind, string, string?],
  content: RuleContent,
): Promise<void> {
  return putRule(fixture.rules, { userId, scope, kind, ruleId }, { content })
}

async function total(
  fixture: NotificationsFixture,
  userId: UserId,
  roomId: RoomId = here,
): Promise<[number, number]> {
  const counts = (await unreadCounts(fixture.db, userId, [roomId])).get(roomId)
  return [counts?.notifications ?? -1, counts?.highlights ?? -1]
}

/** Joins all users to one room. */
async function joinAll(fixture: NotificationsFixture): Promise<NotificationsFixture> {
  for (const userId of [alice, bob, carol]) await fixture.join(here, userId)
  return fixture
}

const noRules = (fixture: NotificationsFixture, userId: UserId) =>
  fixture.db.transaction((tx) => removeAllRules(fixture.rules, tx, userId), { orderedBy: userId })
const queued = async (fixture: NotificationsFixture, userId: UserId) =>
  (await fixture.db.all(outboxOf, { userId })).map((row) => row.position)
const plain = { 'm.mentions': {} }

onEachDatabase('push rules of members', (open) => {
  test('a change applies to later events and not to counted ones', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    await fixture.addPusher(bob)
    const first = await fixture.say(here, alice, 'one')
    await put(fixture, bob, ['room', here], MUTE)
    const second = await fixture.say(here, alice, 'two')
    await put(fixture, bob, ['room', here], { actions: ['notify', { set_tweak: 'highlight' }] })
    const third = await fixture.say(here, alice, 'three')
    await noRules(fixture, bob)
    const fourth = await fixture.say(here, alice, 'four')
    assert.deepEqual(await total(fixture, bob), [3, 1])
    assert.deepEqual(await total(fixture, carol), [4, 0])
    const notified = [first, third, fourth].map(({ position }) => position)
    assert.deepEqual(await queued(fixture, bob), notified)
    const { notifications } = await listNotifications(fixture.db, { userId: bob, limit: 10 })
    assert.deepEqual(
      notifications.map(({ position, decision }) => [position, decision.rule?.kind]),
      [
        [fourth.position, 'underride'],
        [third.position, 'room'],
        [first.position, 'underride'],
      ],
    )
    assert.equal(
      await outcomeOf(fixture.db, { userId: bob, roomId: here, position: second.position }),
      undefined,
    )
    await fixture.read({ userId: bob, roomId: here, threadId: '', position: second.position })
    assert.deepEqual(await total(fixture, bob), [2, 1])
    await fixture.redact(here, third.position)
    assert.deepEqual(await total(fixture, bob), [1, 0])
  })

  test('pages of the list continue across changes of cohort', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    const expected: number[] = []
    for (let at = 0; at < 12; at++) {
      if (at % 3 === 0)
        await put(fixture, bob, ['room', here], {
          actions: ['notify', { set_tweak: 'sound', value: `${at}` }],
        })
      expected.unshift((await fixture.say(here, alice, `message ${at}`)).position)
    }
    const listed: number[] = []
    let from: number | undefined
    do {
      const page = await listNotifications(fixture.db, { userId: bob, limit: 5, ...(from && { from }) })
      listed.push(...page.notifications.map(({ position }) => position))
      from = page.next
    } while (from !== undefined)
    assert.deepEqual(listed, expected)
  })

  test('a member who leaves and joins again has no former cohort', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    await put(fixture, bob, ['room', here], MUTE)
    await fixture.say(here, alice, 'muted for bob')
    await fixture.setMember({ roomId: here, userId: bob, membership: 'leave' })
    await noRules(fixture, bob)
    await fixture.join(here, bob)
    await fixture.say(here, alice, 'welcome back')
    assert.deepEqual(await total(fixture, bob), [1, 0])
  })

  test('rules of a new member apply to the first message after the join', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await put(fixture, bob, ['room', here], MUTE)
    await fixture.join(here, bob)
    await fixture.say(here, alice, 'silence')
    assert.deepEqual(await total(fixture, bob), [0, 0])
  })

  test('authors are not notified of their own member events by any rule', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.member_event' } as const
    await setRuleActions(fixture.rules, key, ['notify'])
    const rename = { roomId: here, membership: 'join', before: 'join', displayName: 'New' } as const
    await fixture.setMember({ ...rename, userId: bob })
    assert.deepEqual(await total(fixture, bob), [0, 0])
    await fixture.setMember({ ...rename, userId: alice })
    assert.deepEqual(await total(fixture, bob), [1, 0])
    assert.deepEqual(await total(fixture, carol), [0, 0])
  })

  test('a keyword highlights only for the user with its rule', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    await put(fixture, bob, ['content', 'tea'], {
      pattern: 'tea',
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    const { position } = await fixture.say(here, alice, 'Tea, anyone?', plain)
    await fixture.say(here, alice, 'steam', plain)
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, carol)],
      [
        [2, 1],
        [2, 0],
      ],
    )
    const outcome = await outcomeOf(fixture.db, { userId: bob, roomId: here, position })
    assert.deepEqual(outcome?.rule, { kind: 'content', ruleId: 'tea' })
  })

  test('events, mentions and invitations of an ignored user do not notify', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    for (const userId of [bob, carol]) await fixture.addPusher(userId)
    await fixture.ignore(bob, [alice])
    const { position } = await fixture.say(here, alice, 'Bob!', { 'm.mentions': { user_ids: [bob] } })
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, carol)],
      [
        [0, 0],
        [1, 0],
      ],
    )
    assert.deepEqual(await queued(fixture, bob), [])
    assert.deepEqual(await queued(fixture, carol), [position])
    await fixture.join(room('other'), alice)
    await fixture.setMember({ roomId: room('other'), userId: bob, by: alice, membership: 'invite' })
    assert.equal(await badgeOf(fixture.db, bob), 0)
    await fixture.removePushers(bob)
    await fixture.addPusher(bob)
    assert.equal(await badgeOf(fixture.db, bob), 0)
    await fixture.ignore(bob, [])
    await fixture.say(here, alice, 'again')
    assert.deepEqual(await total(fixture, bob), [1, 0])
  })

  test('an invitation is evaluated with the rules of the invited user', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.addPusher(bob)
    await fixture.addPusher(carol)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(fixture.rules, key, [])
    for (const userId of [bob, carol])
      await fixture.setMember({ roomId: here, userId, by: alice, membership: 'invite' })
    assert.deepEqual([await badgeOf(fixture.db, bob), await badgeOf(fixture.db, carol)], [0, 1])
    assert.deepEqual(await queued(fixture, bob), [])
  })

  test('a knock notifies members who may answer it, when the setting is on', async (t) => {
    const db = await open(t)
    const fixture = await joinAll(createNotificationsFixture(db, { experimental: { knocks: true } }))
    fixture.context.powerLevels = { invite: 50, users: { [bob]: 50, [carol]: 0 } }
    await fixture.setMember({ roomId: here, userId: user('dave'), membership: 'knock' })
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, carol)],
      [
        [1, 0],
        [0, 0],
      ],
    )
    const usual = createNotificationsFixture(db)
    usual.context.powerLevels = fixture.context.powerLevels
    await usual.setMember({ roomId: here, userId: user('eve'), membership: 'knock' })
    assert.deepEqual(await total(usual, bob), [1, 0])
  })

  test('a device rule queues a poke in a room that global rules mute, and does not change counts', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    const pusher = await fixture.addPusher(bob)
    await put(fixture, bob, ['room', here], MUTE)
    await put(fixture, bob, ['room', here, HANDLE], { actions: ['notify'] })
    await put(fixture, bob, ['room', here, 'tablet'], { actions: ['notify'] })
    fixture.woken.length = 0
    const { position } = await fixture.say(here, alice, 'hello')
    assert.deepEqual(await fixture.db.all(outboxOf, { userId: bob }), [{ pusher_id: pusher, position }])
    assert.deepEqual(fixture.woken, [pusher])
    assert.deepEqual([await total(fixture, bob), await badgeOf(fixture.db, bob)], [[0, 0], 0])
    await fixture.say(here, bob, 'own message')
    assert.deepEqual(await queued(fixture, bob), [position])
  })

  test('rules that a failed transaction loaded do not enter the cache', async (t) => {
    const fixture = await joinAll(createNotificationsFixture(await open(t)))
    const at = { roomId: here, version: 1_000, position: 1_001 }
    const failing = fixture.db.transaction(async (tx) => {
      await tx.run(insertMute, { userId: bob, roomId: here })
      await tx.run(recordChange, { userId: bob, position: 1_000 })
      await tx.run(markRuleOwner, { userId: bob, hasRules: 1 })
      assert.equal((await fixture.deps.memberRules.ofRoom(tx, at))?.members.size, 1)
      throw new Error('aborted')
    })
    await assert.rejects(failing, /aborted/)
    await fixture.db.transaction(async (tx) => {
      assert.equal((await fixture.deps.memberRules.ofRoom(tx, at))?.members.size, 0)
    })
  })

  test('changed default rules after a restart do not change counts and cohorts', async (t) => {
    const db = await open(t)
    const before = await joinAll(createNotificationsFixture(db, { legacyMentionRules: true }))
    await put(before, bob, ['room', here], { actions: ['notify', { set_tweak: 'sound', value: 'ding' }] })
    await before.say(here, alice, 'one', plain)
    const after = createNotificationsFixture(db, { legacyMentionRules: false })
    await after.say(here, alice, 'two', plain)
    assert.deepEqual(
      [await total(after, bob), await total(after, carol)],
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

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
import {
  HANDLE,
  type NotificationsFixture,
  createNotificationsFixture,
  outboxOf,
  room,
  user,
} from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
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

/** Everybody in one room. */
async function gathered(fixture: NotificationsFixture): Promise<NotificationsFixture> {
  for (const userId of [ann, bob, cat]) await fixture.join(here, userId)
  return fixture
}

const noRules = (fixture: NotificationsFixture, userId: UserId) =>
  fixture.db.transaction((tx) => removeAllRules(fixture.rules, tx, userId))
const queued = async (fixture: NotificationsFixture, userId: UserId) =>
  (await fixture.db.all(outboxOf, { userId })).map((row) => row.position)
const plain = { 'm.mentions': {} }

onEachDatabase('rules of their own', (open) => {
  test('a change leaves what was counted, and decides about what comes', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    await fixture.addPusher(bob)
    const first = await fixture.say(here, ann, 'one')
    await put(fixture, bob, ['room', here], MUTE)
    const second = await fixture.say(here, ann, 'two')
    await put(fixture, bob, ['room', here], { actions: ['notify', { set_tweak: 'highlight' }] })
    const third = await fixture.say(here, ann, 'three')
    await noRules(fixture, bob)
    const fourth = await fixture.say(here, ann, 'four')
    assert.deepEqual(await total(fixture, bob), [3, 1])
    assert.deepEqual(await total(fixture, cat), [4, 0])
    const told = [first, third, fourth].map(({ position }) => position)
    assert.deepEqual(await queued(fixture, bob), told)
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

  test('pages of the list go on over changes of cohort', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    const told: number[] = []
    for (let at = 0; at < 12; at++) {
      if (at % 3 === 0)
        await put(fixture, bob, ['room', here], {
          actions: ['notify', { set_tweak: 'sound', value: `${at}` }],
        })
      told.unshift((await fixture.say(here, ann, `message ${at}`)).position)
    }
    const listed: number[] = []
    let from: number | undefined
    do {
      const page = await listNotifications(fixture.db, { userId: bob, limit: 5, ...(from && { from }) })
      listed.push(...page.notifications.map(({ position }) => position))
      from = page.next
    } while (from !== undefined)
    assert.deepEqual(listed, told)
  })

  test('who leaves takes no cohort along', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    await put(fixture, bob, ['room', here], MUTE)
    await fixture.say(here, ann, 'nobody hears')
    await fixture.setMember({ roomId: here, userId: bob, membership: 'leave' })
    await noRules(fixture, bob)
    await fixture.join(here, bob)
    await fixture.say(here, ann, 'welcome back')
    assert.deepEqual(await total(fixture, bob), [1, 0])
  })

  test('who joins with rules of their own has them from the first message on', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, ann)
    await put(fixture, bob, ['room', here], MUTE)
    await fixture.join(here, bob)
    await fixture.say(here, ann, 'silence')
    assert.deepEqual(await total(fixture, bob), [0, 0])
  })

  test('authors are not told of their own member events, whatever their rules', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.member_event' } as const
    await setRuleActions(fixture.rules, key, ['notify'])
    const rename = { roomId: here, membership: 'join', before: 'join', displayName: 'New' } as const
    await fixture.setMember({ ...rename, userId: bob })
    assert.deepEqual(await total(fixture, bob), [0, 0])
    await fixture.setMember({ ...rename, userId: ann })
    assert.deepEqual(await total(fixture, bob), [1, 0])
    assert.deepEqual(await total(fixture, cat), [0, 0])
  })

  test('a keyword is found in the text of a message, for who has it alone', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    await put(fixture, bob, ['content', 'tea'], {
      pattern: 'tea',
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    const { position } = await fixture.say(here, ann, 'Tea, anyone?', plain)
    await fixture.say(here, ann, 'steam', plain)
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, cat)],
      [
        [2, 1],
        [2, 0],
      ],
    )
    const outcome = await outcomeOf(fixture.db, { userId: bob, roomId: here, position })
    assert.deepEqual(outcome?.rule, { kind: 'content', ruleId: 'tea' })
  })

  test('ignored people notify nobody who ignores them, not by mentions nor by invitations', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    for (const userId of [bob, cat]) await fixture.addPusher(userId)
    await fixture.ignore(bob, [ann])
    const { position } = await fixture.say(here, ann, 'Bob!', { 'm.mentions': { user_ids: [bob] } })
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, cat)],
      [
        [0, 0],
        [1, 0],
      ],
    )
    assert.deepEqual(await queued(fixture, bob), [])
    assert.deepEqual(await queued(fixture, cat), [position])
    await fixture.join(room('other'), ann)
    await fixture.setMember({ roomId: room('other'), userId: bob, by: ann, membership: 'invite' })
    assert.equal(await badgeOf(fixture.db, bob), 0)
    await fixture.removePushers(bob)
    await fixture.addPusher(bob)
    assert.equal(await badgeOf(fixture.db, bob), 0)
    await fixture.ignore(bob, [])
    await fixture.say(here, ann, 'again')
    assert.deepEqual(await total(fixture, bob), [1, 0])
  })

  test('an invitation goes by the rules of the invited', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, ann)
    await fixture.addPusher(bob)
    await fixture.addPusher(cat)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(fixture.rules, key, [])
    for (const userId of [bob, cat])
      await fixture.setMember({ roomId: here, userId, by: ann, membership: 'invite' })
    assert.deepEqual([await badgeOf(fixture.db, bob), await badgeOf(fixture.db, cat)], [0, 1])
    assert.deepEqual(await queued(fixture, bob), [])
  })

  test('a knock is told to those who may answer it, where the proposal is switched on', async (t) => {
    const db = await open(t)
    const fixture = await gathered(createNotificationsFixture(db, { experimental: { knocks: true } }))
    fixture.context.powerLevels = { invite: 50, users: { [bob]: 50, [cat]: 0 } }
    await fixture.setMember({ roomId: here, userId: user('dan'), membership: 'knock' })
    assert.deepEqual(
      [await total(fixture, bob), await total(fixture, cat)],
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

  test('a rule of a device wakes it where the account is muted, and counts nothing', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    const pusher = await fixture.addPusher(bob)
    await put(fixture, bob, ['room', here], MUTE)
    await put(fixture, bob, ['room', here, HANDLE], { actions: ['notify'] })
    await put(fixture, bob, ['room', here, 'tablet'], { actions: ['notify'] })
    fixture.woken.length = 0
    const { position } = await fixture.say(here, ann, 'hello')
    assert.deepEqual(await fixture.db.all(outboxOf, { userId: bob }), [{ pusher_id: pusher, position }])
    assert.deepEqual(fixture.woken, [pusher])
    assert.deepEqual([await total(fixture, bob), await badgeOf(fixture.db, bob)], [[0, 0], 0])
    await fixture.say(here, bob, 'own messages wake nobody')
    assert.deepEqual(await queued(fixture, bob), [position])
  })

  test('a transaction that fails leaves nothing behind of the rules it had loaded', async (t) => {
    const fixture = await gathered(createNotificationsFixture(await open(t)))
    const asOf = { roomId: here, version: 1_000, position: 1_001 }
    const failing = fixture.db.transaction(async (tx) => {
      await tx.run(insertMute, { userId: bob, roomId: here })
      await tx.run(recordChange, { userId: bob, position: 1_000 })
      await tx.run(markRuleOwner, { userId: bob, hasRules: 1 })
      assert.equal((await fixture.deps.memberRules.ofRoom(tx, asOf))?.members.size, 1)
      throw new Error('changed my mind')
    })
    await assert.rejects(failing, /changed my mind/)
    await fixture.db.transaction(async (tx) => {
      assert.equal((await fixture.deps.memberRules.ofRoom(tx, asOf))?.members.size, 0)
    })
  })

  test('other default rules after a restart leave the counts and the cohorts as they are', async (t) => {
    const db = await open(t)
    const before = await gathered(createNotificationsFixture(db, { legacyMentionRules: true }))
    await put(before, bob, ['room', here], { actions: ['notify', { set_tweak: 'sound', value: 'bell' }] })
    await before.say(here, ann, 'one', plain)
    const after = createNotificationsFixture(db, { legacyMentionRules: false })
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

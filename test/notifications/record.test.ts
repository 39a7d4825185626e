import { badgeOf, isRead, outcomeOf } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { putRule, setRuleActions } from '../../src/user-rules/change-rules.ts'
import { unreadCounts } from '../../src/notifications/counts.ts'
import { recordEvent } from '../../src/notifications/record.ts'
import type { Transaction } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { testEvent } from '../support/event.ts'
import { type NotificationsFixture, createNotificationsFixture, outboxOf, room, user } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')

async function total(fixture: NotificationsFixture, userId = bob): Promise<number> {
  return (await unreadCounts(fixture.db, userId, [here])).get(here)?.notifications ?? -1
}

/** Wraps a transaction and counts its statements. */
function counted(tx: Transaction): { tx: Transaction; statements: () => number } {
  let statements = 0
  const counting =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    (...args: A) => {
      statements++
      return run(...args)
    }
  const wrapped = {
    onCommit: (then: () => void) => tx.onCommit(then),
    all: counting(tx.all.bind(tx)),
    first: counting(tx.first.bind(tx)),
    run: counting(tx.run.bind(tx)),
    write: counting(tx.write.bind(tx)),
  } as Transaction
  return { tx: wrapped, statements: () => statements }
}

const EVENT = testEvent({
  position: 800_000,
  eventId: '$new' as EventId,
  roomId: here,
  sender: alice,
  originServerTs: 1,
})
const REACTION = { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$e', key: '+' } }

let unused = 900_000

/** The number of statements that record an event of alice. */
async function statementsFor(
  fixture: NotificationsFixture,
  content: JsonObject,
  type = 'm.room.message',
): Promise<number> {
  const position = unused++
  return fixture.db.transaction(async (plain) => {
    const { tx, statements } = counted(plain)
    const event = {
      ...EVENT,
      position,
      type,
      content,
    }
    await recordEvent(fixture.deps, tx, { event, context: fixture.context })
    return statements()
  })
}

onEachDatabase('recording an event', (open) => {
  test('a message costs four statements in a room of any size', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    await fixture.addPusher(bob)
    const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} }
    // Outcome, read position of the author, badges, queue items.
    assert.equal(await statementsFor(fixture, message), 4)
    assert.equal(await statementsFor(fixture, message), 4)
    await Promise.all(Array.from({ length: 200 }, (_, at) => fixture.join(here, user(`member${at}`))))
    assert.equal(await statementsFor(fixture, message), 4)
    assert.equal(await statementsFor(fixture, { ...message, 'm.mentions': { user_ids: [bob] } }), 6)
    // Read position of the author, and the reason why the event notifies no user.
    assert.equal(await statementsFor(fixture, REACTION, 'm.reaction'), 2)
  })

  test('a message costs no statement for badges if all have the room on it, and two in all if no member has pushers', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.say(here, alice, 'first')
    const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} }
    fixture.context.isOnBadges = true
    assert.equal(await statementsFor(fixture, message), 3)
    fixture.context.hasPushers = false
    assert.equal(await statementsFor(fixture, message), 2)
  })

  test('rules of members are loaded after a change, and then cost one or two statements', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    await fixture.addPusher(bob)
    await fixture.say(here, alice, 'first')
    const rule = { userId: bob, scope: '', kind: 'room', ruleId: here } as const
    const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} }
    fixture.context.rulesVersion = 700_000
    await putRule(fixture.rules, rule, { content: { actions: [] } })
    // Members with rules, their rules (three tables), the change of cohort, the members that are not
    // notified, and the reason.
    assert.equal(await statementsFor(fixture, message), 4 + 7)
    assert.equal(await statementsFor(fixture, message), 4 + 2)
    fixture.context.rulesVersion++
    await setRuleActions(fixture.rules, rule, ['notify'])
    await statementsFor(fixture, message)
    // The outcome of another cohort.
    assert.equal(await statementsFor(fixture, message), 4 + 1)
  })

  test('names are read only with the legacy mention rules, and once', async (t) => {
    const db = await open(t)
    const fixture = createNotificationsFixture(db)
    await fixture.join(here, alice)
    await fixture.say(here, alice, 'first')
    const message = { msgtype: 'm.text', body: 'hello' }
    fixture.context.membersVersion = 700_000
    assert.equal(await statementsFor(fixture, message), 5)
    assert.equal(await statementsFor(fixture, message), 4)
    assert.equal(
      await statementsFor(createNotificationsFixture(db, { legacyMentionRules: false }), message),
      4,
    )
  })

  test('the author is not notified and has read up to the event', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice, 'Alice')
    await fixture.join(here, bob)
    await fixture.addPusher(alice)
    await fixture.say(here, bob, 'first')
    assert.equal(await total(fixture, alice), 1)
    const { position } = await fixture.say(here, alice, 'Alice and alice and @alice:test', {
      'm.mentions': { user_ids: [alice] },
    })
    assert.equal(await total(fixture, alice), 0)
    assert.equal(await badgeOf(fixture.db, alice), 0)
    assert.equal(await isRead(fixture.db, { userId: alice, roomId: here, threadId: 'main', position }), true)
    const queued = await fixture.db.all(outboxOf, { userId: alice })
    assert.ok(queued.every((row) => row.position !== position))
  })

  test('a changed profile does not move the read position', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    await fixture.say(here, alice, 'hello')
    await fixture.setMember({
      roomId: here,
      userId: bob,
      membership: 'join',
      before: 'join',
      displayName: 'B',
    })
    assert.equal(await total(fixture), 1)
  })

  test('a mention highlights for mentioned members only', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    for (const userId of [alice, bob, carol]) await fixture.join(here, userId)
    const userIds = [bob, bob, '@stranger:elsewhere', 'not a user id', alice, 7]
    const event = await fixture.say(here, alice, 'look', { 'm.mentions': { user_ids: userIds } })
    const of = { roomId: here, position: event.position }
    assert.deepEqual((await outcomeOf(fixture.db, { ...of, userId: bob }))?.rule, {
      kind: 'override',
      ruleId: '.m.rule.is_user_mention',
    })
    assert.deepEqual((await outcomeOf(fixture.db, { ...of, userId: carol }))?.rule, {
      kind: 'underride',
      ruleId: '.m.rule.message',
    })
    const highlights = async (userId: typeof bob) =>
      (await unreadCounts(fixture.db, userId, [here])).get(here)?.highlights
    assert.deepEqual([await highlights(bob), await highlights(carol), await highlights(alice)], [1, 0, 0])
  })

  test('mentions above the limit of one event are ignored', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    const strangers = Array.from({ length: 5000 }, (_, at) => `@stranger${at}:test`)
    await fixture.say(here, alice, 'all of you', { 'm.mentions': { user_ids: [bob, ...strangers] } })
    assert.equal((await unreadCounts(fixture.db, bob, [here])).get(here)?.highlights, 1)
  })

  test('without the legacy mention rules a name in the text does not highlight', async (t) => {
    const fixture = createNotificationsFixture(await open(t), { legacyMentionRules: false })
    await fixture.join(here, alice)
    await fixture.join(here, bob, 'Bob')
    await fixture.say(here, alice, 'Bob, bob, @room')
    const counts = (await unreadCounts(fixture.db, bob, [here])).get(here)
    assert.deepEqual([counts?.notifications, counts?.highlights], [1, 0])
  })

  test('an invitation notifies the invited user only, and leaves the badge when it is rejected', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, carol)
    await fixture.addPusher(carol)
    const pusher = await fixture.addPusher(bob)
    const invitation = { roomId: here, userId: bob, by: alice, membership: 'invite' } as const
    const { position } = await fixture.setMember(invitation)
    assert.deepEqual(await fixture.db.all(outboxOf, { userId: bob }), [{ pusher_id: pusher, position }])
    assert.deepEqual(await fixture.db.all(outboxOf, { userId: carol }), [])
    assert.equal(await badgeOf(fixture.db, bob), 1)
    await fixture.redact(here, position)
    assert.equal(await badgeOf(fixture.db, bob), 1, 'the invitation stays although its event is redacted')
    await fixture.setMember({ roomId: here, userId: bob, membership: 'leave' })
    assert.equal(await badgeOf(fixture.db, bob), 0)
  })

  test('an error in the evaluation of rules loses the notification and keeps the message', async (t) => {
    let faults = 0
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    await fixture.say(here, alice, 'first')
    const poisoned = Object.defineProperty({ msgtype: 'm.text' } as JsonObject, 'body', {
      enumerable: true,
      get: () => {
        throw new Error('poison')
      },
    })
    const deps = { ...fixture.deps, ruleFaults: { inc: () => faults++ } }
    assert.equal(
      await statementsFor({ ...fixture, deps }, poisoned),
      2,
      'the read position of the author, and the reason',
    )
    assert.equal(faults, 1)
    assert.equal(await total(fixture), 1)
  })

  test('pushers are woken after the commit, and not after a rollback', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    const pusher = await fixture.addPusher(bob)
    const failing = fixture.db.transaction(async (tx) => {
      const event = { ...EVENT, content: { msgtype: 'm.text', body: 'x' } }
      await recordEvent(fixture.deps, tx, { event, context: fixture.context })
      throw new Error('aborted')
    })
    await assert.rejects(failing, /aborted/)
    assert.deepEqual(fixture.woken, [])
    assert.equal(await total(fixture), 0)
    await fixture.say(here, alice, 'hello')
    assert.deepEqual(fixture.woken, [pusher])
  })
})

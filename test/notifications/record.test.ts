import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { putRule, setRuleActions } from '../../src/user-rules/change-rules.ts'
import { badgeOf } from '../../src/notifications/badge.ts'
import { outcomeOf, unreadCounts } from '../../src/notifications/counts.ts'
import { isRead } from '../../src/notifications/read-positions.ts'
import { recordEvent } from '../../src/notifications/record.ts'
import type { Transaction } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { testEvent } from '../support/event.ts'
import { type House, openHouse, outboxOf, room, user } from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
const here = room('here')

async function total(house: House, userId = bob): Promise<number> {
  return (await unreadCounts(house.db, userId, [here])).get(here)?.notifications ?? -1
}

/** A transaction that counts the statements it is given. */
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
  } as Transaction
  return { tx: wrapped, statements: () => statements }
}

const EVENT = testEvent({
  position: 800_000,
  eventId: '$new' as EventId,
  roomId: here,
  sender: ann,
  originServerTs: 1,
})
const REACTION = { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$e', key: '+' } }

let unused = 900_000

/** How many statements it takes to record an event of Ann's. */
async function statementsFor(house: House, content: JsonObject, type = 'm.room.message'): Promise<number> {
  const position = unused++
  return house.db.transaction(async (plain) => {
    const { tx, statements } = counted(plain)
    const event = {
      ...EVENT,
      position,
      type,
      content,
    }
    await recordEvent(house.deps, tx, { event, context: house.context })
    return statements()
  })
}

onEachDatabase('recording an event', (open) => {
  test('a message costs the same few statements in a small room and in a large one', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    await house.addPusher(bob)
    const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} }
    // Outcome, reading of the author, badges, outbox.
    assert.equal(await statementsFor(house, message), 4)
    await Promise.all(Array.from({ length: 200 }, (_, at) => house.join(here, user(`member${at}`))))
    assert.equal(await statementsFor(house, message), 4)
    assert.equal(await statementsFor(house, { ...message, 'm.mentions': { user_ids: [bob] } }), 6)
    // Reading of the author, and why it notifies nobody.
    assert.equal(await statementsFor(house, REACTION, 'm.reaction'), 2)
  })

  test('rules of members are loaded when they have changed, and then cost a statement or two', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    await house.addPusher(bob)
    const rule = { userId: bob, scope: '', kind: 'room', ruleId: here } as const
    const message = { msgtype: 'm.text', body: 'hello', 'm.mentions': {} }
    house.context.rulesVersion = 700_000
    await putRule(house.rules, rule, { content: { actions: [] } })
    // Members with rules, their rules (three tables), the change of cohort, who is left in peace, and why.
    assert.equal(await statementsFor(house, message), 4 + 7)
    assert.equal(await statementsFor(house, message), 4 + 2)
    house.context.rulesVersion++
    await setRuleActions(house.rules, rule, ['notify'])
    await statementsFor(house, message)
    // The outcome of another cohort.
    assert.equal(await statementsFor(house, message), 4 + 1)
  })

  test('names are looked up only where the legacy mention rules apply', async (t) => {
    const db = await open(t)
    const house = openHouse(db)
    await house.join(here, ann)
    const message = { msgtype: 'm.text', body: 'hello' }
    assert.equal(await statementsFor(house, message), 5)
    assert.equal(await statementsFor(openHouse(db, { legacyMentionRules: false }), message), 4)
  })

  test('the author is never notified, and has read up to it', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann, 'Ann')
    await house.join(here, bob)
    await house.addPusher(ann)
    await house.say(here, bob, 'first')
    assert.equal(await total(house, ann), 1)
    const { position } = await house.say(here, ann, 'Ann and ann and @ann:test', {
      'm.mentions': { user_ids: [ann] },
    })
    assert.equal(await total(house, ann), 0)
    assert.equal(await badgeOf(house.db, ann), 0)
    assert.equal(await isRead(house.db, { userId: ann, roomId: here, threadId: 'main', position }), true)
    const queued = await house.db.all(outboxOf, { userId: ann })
    assert.ok(queued.every((row) => row.position !== position))
  })

  test('a changed profile reads nothing', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    await house.say(here, ann, 'hello')
    await house.setMember({ roomId: here, userId: bob, membership: 'join', before: 'join', displayName: 'B' })
    assert.equal(await total(house), 1)
  })

  test('a mention highlights for who is mentioned and a member, and for nobody else', async (t) => {
    const house = openHouse(await open(t))
    for (const userId of [ann, bob, cat]) await house.join(here, userId)
    const userIds = [bob, bob, '@stranger:elsewhere', 'not a user id', ann, 7]
    const event = await house.say(here, ann, 'look', { 'm.mentions': { user_ids: userIds } })
    const of = { roomId: here, position: event.position }
    assert.deepEqual((await outcomeOf(house.db, { ...of, userId: bob }))?.rule, {
      kind: 'override',
      ruleId: '.m.rule.is_user_mention',
    })
    assert.deepEqual((await outcomeOf(house.db, { ...of, userId: cat }))?.rule, {
      kind: 'underride',
      ruleId: '.m.rule.message',
    })
    const highlights = async (userId: typeof bob) =>
      (await unreadCounts(house.db, userId, [here])).get(here)?.highlights
    assert.deepEqual([await highlights(bob), await highlights(cat), await highlights(ann)], [1, 0, 0])
  })

  test('thousands of mentions in one event are bounded', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    const crowd = Array.from({ length: 5000 }, (_, at) => `@nobody${at}:test`)
    await house.say(here, ann, 'all of you', { 'm.mentions': { user_ids: [bob, ...crowd] } })
    assert.equal((await unreadCounts(house.db, bob, [here])).get(here)?.highlights, 1)
  })

  test('without the legacy rules a name in the text is only a word', async (t) => {
    const house = openHouse(await open(t), { legacyMentionRules: false })
    await house.join(here, ann)
    await house.join(here, bob, 'Bob')
    await house.say(here, ann, 'Bob, bob, @room')
    const counts = (await unreadCounts(house.db, bob, [here])).get(here)
    assert.deepEqual([counts?.notifications, counts?.highlights], [1, 0])
  })

  test('an invitation notifies the invited alone, and leaves the badge when it is rejected', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, cat)
    await house.addPusher(cat)
    const pusher = await house.addPusher(bob)
    const invitation = { roomId: here, userId: bob, by: ann, membership: 'invite' } as const
    const { position } = await house.setMember(invitation)
    assert.deepEqual(await house.db.all(outboxOf, { userId: bob }), [{ pusher_id: pusher, position }])
    assert.deepEqual(await house.db.all(outboxOf, { userId: cat }), [])
    assert.equal(await badgeOf(house.db, bob), 1)
    await house.redact(here, position)
    assert.equal(await badgeOf(house.db, bob), 1, 'the invitation stands, whatever its event says now')
    await house.setMember({ roomId: here, userId: bob, membership: 'leave' })
    assert.equal(await badgeOf(house.db, bob), 0)
  })

  test('an error of the rules costs the notification, not the message', async (t) => {
    let faults = 0
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    const poisoned = Object.defineProperty({ msgtype: 'm.text' } as JsonObject, 'body', {
      enumerable: true,
      get: () => {
        throw new Error('poison')
      },
    })
    const deps = { ...house.deps, ruleFaults: { inc: () => faults++ } }
    assert.equal(await statementsFor({ ...house, deps }, poisoned), 2, 'the reading of the author, and why')
    assert.equal(faults, 1)
    assert.equal(await total(house), 0)
  })

  test('pushers are woken after the commit, and not at all when it fails', async (t) => {
    const house = openHouse(await open(t))
    await house.join(here, ann)
    await house.join(here, bob)
    const pusher = await house.addPusher(bob)
    const failing = house.db.transaction(async (tx) => {
      const event = { ...EVENT, content: { msgtype: 'm.text', body: 'x' } }
      await recordEvent(house.deps, tx, { event, context: house.context })
      throw new Error('changed my mind')
    })
    await assert.rejects(failing, /changed my mind/)
    assert.deepEqual(house.woken, [])
    assert.equal(await total(house), 0)
    await house.say(here, ann, 'hello')
    assert.deepEqual(house.woken, [pusher])
  })
})

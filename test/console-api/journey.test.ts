import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journeyOf } from '../../src/console-api/event-journey.ts'
import {
  cohortInPresentStay,
  outcomeAtEvent,
  pushersOfUser,
  queuedBetween,
} from '../../src/console-api/journey-store.ts'
import type { EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { putRule } from '../../src/user-rules/change-rules.ts'
import { alice, untilIdle, bob, carol, room1, setUp } from '../delivery/delivery-fixture.ts'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'

type Journey = {
  notifies: boolean | null
  steps: { step: string; reason: string; rule?: { rule_id: string } | null }[]
  pushers: { state: string; reason: string; steps: { step: string; reason: string }[] }[]
}

const words = (steps: readonly { step: string; reason: string }[] = []) =>
  steps.map(({ step, reason }) => `${step}: ${reason}`)

onEachDatabase('the journey of an event', (open) => {
  test('combines the stored event, outcome and queue with the records of the trace', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { fixture, db } = delivery
    const ask = async (eventId: EventId, userId: UserId = bob): Promise<Journey> => {
      // As an administrator, because the rooms of this test have no state to check visibility with.
      const viewer = { userId, deviceId: null, isAdmin: true }
      const decided = await db.snapshot((q) =>
        journeyOf(q, { viewer: { ...viewer, userId }, userId, eventId, isTraced: true }),
      )
      return decided as unknown as Journey
    }
    const loud = await fixture.say(room1, alice, 'ding')
    const waiting = await ask(loud.eventId)
    assert.deepEqual(words(waiting.steps), ['stored: stored', 'decided: notifies', 'counted: unread'])
    assert.deepEqual(words(waiting.pushers[0]?.steps), ['waiting: queued'])
    {
      await using _delivery = await delivery.start()
      await gateway.waitFor((poke) => poke.event_id === loud.eventId)
      await untilIdle(delivery)
    }
    const sent = await ask(loud.eventId)
    assert.deepEqual(words(sent.pushers[0]?.steps), ['waiting: queued', 'attempt: taken', 'sent: sent'])
    assert.deepEqual(words((await ask(loud.eventId, alice)).steps), [
      'stored: stored',
      'decided: own event',
      'not queued: no pushers',
    ])
    await putRule(
      delivery.rules,
      { userId: bob, scope: '', kind: 'room', ruleId: room1 },
      { content: { actions: [] } },
    )
    const muted = await ask((await fixture.say(room1, alice, 'psst')).eventId)
    assert.deepEqual(words(muted.steps), ['stored: stored', 'decided: does not notify'])
    assert.equal(muted.steps[1]?.rule?.rule_id, room1)
    assert.deepEqual(words(muted.pushers[0]?.steps), ['not queued: does not notify'])
  })

  test('outcomeAtEvent returns the outcome of the user, also of a redacted event', async (t) => {
    const { delivery } = await setUp(t, open)
    const { fixture, db } = delivery
    const { position } = await fixture.say(room1, alice, 'hello bob', { 'm.mentions': { user_ids: [bob] } })
    const at = (userId: UserId, roomId: RoomId = room1) => ({ userId, roomId, position })
    const outcome = async (userId: UserId, roomId?: RoomId) => {
      const row = await db.first(outcomeAtEvent, at(userId, roomId))
      return row && [row.notify, row.highlight, row.rule_id, row.own]
    }
    assert.deepEqual(await outcome(bob), [1, 1, '.m.rule.is_user_mention', 1])
    assert.deepEqual(await outcome(carol), [1, 0, '.m.rule.message', 0])
    assert.equal(await outcome(bob, room('other')), undefined)
    await fixture.redact(room1, position)
    assert.deepEqual(await outcome(carol), [1, 0, '.m.rule.message', 0])
  })

  test('cohortInPresentStay returns the cohort only for events of the present stay', async (t) => {
    const { delivery } = await setUp(t, open)
    const { fixture, db } = delivery
    const before = await fixture.say(room1, alice, 'one')
    const cohort = async (position: number) =>
      (await db.first(cohortInPresentStay, { userId: bob, roomId: room1, position }))?.cohort
    assert.equal(await cohort(before.position), 'default')
    await fixture.setMember({ roomId: room1, userId: bob, membership: 'leave', before: 'join' })
    assert.equal(await cohort(before.position), undefined)
    await fixture.join(room1, bob)
    const after = await fixture.say(room1, alice, 'two')
    assert.equal(await cohort(before.position), undefined, 'an earlier stay')
    assert.equal(await cohort(after.position), 'default')
  })

  test('queuedBetween returns the events in the range that are queued for the pushers', async (t) => {
    const { delivery } = await setUp(t, open)
    const { fixture, db } = delivery
    const first = await fixture.say(room1, alice, 'one')
    const second = await fixture.say(room1, alice, 'two')
    const pusherIds = (await db.all(pushersOfUser, { userId: bob })).map((row) => row.pusher_id)
    assert.equal(pusherIds.length, 1)
    const queued = async (low: number, high: number, of: readonly number[] = pusherIds) =>
      (await db.all(queuedBetween, { pusherIds: of, low, high })).map((row) => row.position)
    assert.deepEqual(await queued(first.position, first.position), [first.position])
    assert.deepEqual(await queued(second.position, second.position + 10), [second.position])
    assert.deepEqual(await queued(first.position, second.position, [1_000_000]), [])
    assert.deepEqual(await db.all(pushersOfUser, { userId: carol }), [])
  })
})

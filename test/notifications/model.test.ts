import { badgeOf, outcomeOf, recipientFacts } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { unreadCounts } from '../../src/notifications/counts.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import type { RuleOutcome } from '../../src/push-rules/index.ts'
import type { Queries } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { runs } from '../support/property.ts'
import { perform, performMembership, step, togglePusher } from './history.ts'
import {
  badgeDueOf,
  badgeRoomsOf,
  type NotificationsFixture,
  createNotificationsFixture,
  NOW,
  outboxOf,
} from './fixture.ts'
import { key, Model, type ModelEvent } from './model.ts'

const HISTORIES = { sqlite: 20, postgres: 5 }
const STEPS = { minLength: 15, maxLength: 40 }

/** The stored form of the rule: without its end and its schedules. */
const nameOf = ({ rule }: RuleOutcome) => rule && { kind: rule.kind, ruleId: rule.ruleId }

async function compare(fixture: NotificationsFixture, model: Model): Promise<void> {
  for (const userId of model.users) {
    const notified = model.notified(userId)
    await fixture.db.snapshot(async (q) => {
      const counts = await unreadCounts(q, userId, model.rooms)
      for (const roomId of model.rooms) {
        const unread = notified.filter(
          ({ seen, read }) => seen.event.roomId === roomId && !read && model.joined.has(key(userId, roomId)),
        )
        assert.deepEqual(counts.get(roomId), recount(unread), `counts of ${userId} in ${roomId}`)
      }
      const listed = await listNotifications(q, { userId, limit: 1000 })
      assert.deepEqual(
        listed.notifications.map(({ position, read, actions, decision }) => ({
          position,
          read,
          actions,
          decision,
        })),
        notified
          .map(({ seen, read, outcome }) => ({
            position: seen.event.position,
            read,
            actions: JSON.parse(JSON.stringify(outcome.actions)),
            decision: { notifies: true, reason: 'notifies', rule: nameOf(outcome) },
          }))
          .toReversed(),
        `notifications of ${userId}`,
      )
      const badge = (await q.all(badgeRoomsOf, { userId })).map((row) => row.room_id)
      assert.deepEqual(badge, badgeRooms(model, userId, notified), `badge of ${userId}`)
      assert.equal(await badgeOf(q, userId), badge.length)
      const messages = badgeMessages(model, userId, notified)
      assert.equal(await badgeOf(q, userId, 'messages'), messages, `messages on the badge of ${userId}`)
      const queued = (await q.all(outboxOf, { userId })).map((row) => row.position)
      assert.deepEqual(queued, model.pokes.get(userId) ?? [], `pokes of ${userId}`)
      await compareNewest(q, userId, notified.slice(-3))
      await compareLatest(q, model, userId)
    })
  }
}

async function compareNewest(
  q: Queries,
  userId: UserId,
  items: readonly { seen: ModelEvent; outcome: RuleOutcome; read: boolean }[],
): Promise<void> {
  const facts = await recipientFacts(
    q,
    items.map(({ seen: { event } }) => ({ userId, event })),
  )
  assert.deepEqual(
    facts.map(({ isRead, outcome }) => ({
      isRead,
      outcome: outcome && { notify: outcome.notify, highlight: outcome.highlight, rule: outcome.rule },
    })),
    items.map(({ read, outcome }) => ({
      isRead: read,
      outcome: { notify: outcome.notify, highlight: outcome.highlight, rule: nameOf(outcome) },
    })),
  )
}

/** Compares the outcome of the newest event, including outcomes that do not notify. */
async function compareLatest(q: Queries, model: Model, userId: UserId): Promise<void> {
  const seen = model.events.at(-1)
  if (!seen || seen.redacted || seen.event.sender === userId) return
  const { roomId, position } = seen.event
  const state = model.joined.get(key(userId, roomId))
  if (!state || state.joinedAt >= position) return
  const stored = await outcomeOf(q, { userId, roomId, position })
  assert.equal(
    stored?.notify ?? false,
    seen.outcomes.get(userId)?.notify,
    `outcome of ${position} for ${userId}`,
  )
}

function recount(unread: readonly { seen: ModelEvent; outcome: RuleOutcome }[]) {
  const count = (items: readonly { outcome: RuleOutcome }[]) => ({
    notifications: items.length,
    highlights: items.filter(({ outcome }) => outcome.highlight).length,
  })
  const threads = Map.groupBy(unread, ({ seen }) => seen.event.threadId)
  const main = count(threads.get('main') ?? [])
  threads.delete('main')
  return {
    ...count(unread),
    main,
    threads: new Map([...threads].map(([thread, items]) => [thread, count(items)])),
  }
}

function badgeRooms(model: Model, userId: UserId, notified: ReturnType<Model['notified']>): RoomId[] {
  if (!model.pushers.has(userId)) return []
  return model.rooms.filter(
    (roomId) =>
      model.invitations(userId).some(({ event }) => event.roomId === roomId) ||
      notified.some(({ seen, read }) => seen.event.roomId === roomId && !read),
  )
}

/** The number of unread events in joined rooms, plus the number of invitations on the badge. */
function badgeMessages(model: Model, userId: UserId, notified: ReturnType<Model['notified']>): number {
  if (!model.pushers.has(userId)) return 0
  const unread = notified.filter(
    ({ seen, read }) => !read && model.joined.has(key(userId, seen.event.roomId)),
  )
  return unread.length + model.invitations(userId).length
}

/**
 * Checks that a badge poke is due exactly when the badge changed without an event that is sent, and that
 * pushers with work are woken.
 */
async function performChecked(
  fixture: NotificationsFixture,
  model: Model,
  act: () => Promise<boolean>,
): Promise<boolean> {
  const readStates = async () => {
    const states = new Map<UserId, { badge: number; due: number; queued: number }>()
    for (const userId of model.users) {
      const [pusher] = await fixture.db.all(badgeDueOf, { userId })
      if (!pusher) continue
      const queued = (await fixture.db.all(outboxOf, { userId })).length
      states.set(userId, { badge: await badgeOf(fixture.db, userId), due: pusher.value_due, queued })
    }
    return states
  }
  const before = await readStates()
  const ignored = new Map(model.ignored)
  fixture.woken.length = 0
  const done = await act()
  const after = await readStates()
  for (const [userId, now] of after) {
    const then = before.get(userId)
    if (!then) continue
    const isDue = now.due > then.due
    const isQueued = now.queued > then.queued
    // Unread events that come back with their sender are not sent again.
    const isRestored = now.badge > then.badge && ignored.get(userId) !== model.ignored.get(userId)
    assert.equal(isDue, now.badge < then.badge || isRestored, `badge poke due for ${userId}`)
    if (now.badge > then.badge)
      assert.ok(isQueued !== isRestored, `a poke with the larger badge of ${userId}`)
    const woken = fixture.woken.includes(model.pushers.get(userId) ?? -1)
    assert.equal(woken, isDue || isQueued, `wake-up of ${userId}`)
  }
  return done
}

let histories = 0

/** Two days, in steps of 37 minutes: rules end, and quiet hours begin and end. */
const timeInHistory = (position: number) => NOW + ((position * 37) % 2880) * 60_000

onEachDatabase('unread counts, badge, list and queue', (open) => {
  test('agree with a recount after each step of random histories', async (t) => {
    const db = await open(t)
    const count = HISTORIES[db.dialect]
    let performed = 0
    let unread = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, STEPS), async (steps) => {
        const model = new Model(String(histories++))
        const fixture = createNotificationsFixture(db)
        fixture.timeOf = timeInHistory
        for (const userId of model.users.slice(0, 3)) {
          for (const roomId of model.rooms)
            await performMembership(fixture, model, { kind: 'join', userId, roomId, other: 0 })
        }
        // Pushers of a user who is joined to both rooms and of a user without a membership.
        for (const at of [1, 3]) await togglePusher(fixture, model, model.users[at] as UserId)
        for (const next of steps) {
          if (!(await performChecked(fixture, model, () => perform(fixture, model, next)))) continue
          performed++
          await compare(fixture, model)
          unread += model.users.filter((userId) => model.notified(userId).some((item) => !item.read)).length
        }
      }),
      { numRuns: runs(count) },
    )
    assert.ok(performed > count * 5, 'steps were performed')
    assert.ok(unread > count * 5, 'the histories had unread events')
  })
})

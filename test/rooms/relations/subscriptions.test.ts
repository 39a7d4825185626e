import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subscribersOf } from '../../../src/notifications/thread-subscribers-store.ts'
import {
  subscribeToThread,
  threadSubscription,
  threadSubscriptionsSince,
  unsubscribeFromThread,
} from '../../../src/rooms/relations/subscriptions.ts'
import { END } from '../../../src/storage/stream-point.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { user } from '../sync-fixture.ts'
import { createRelationsFixture } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')

onEachDatabase('a thread subscription', (open) => {
  test('is stored with its changes, and found by thread while it lasts', async (t) => {
    const db = await open(t)
    const fixture = await createRelationsFixture(t, db, ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const root = await fixture.say(roomId, alice, 'root')
    const reply = await fixture.reply(roomId, alice, root)
    const thread = { userId: bob, roomId, root }
    const since = async (after: number, limit = 10) =>
      threadSubscriptionsSince(db, { userId: bob, after: [after], upTo: END, limit })
    const stampIn = (part: unknown) =>
      (part as Record<string, Record<string, { bump_stamp: number }>>)[roomId]?.[root]?.bump_stamp ?? 0
    const settings = { legacyMentionRules: false, experimental: { threadSubscriptions: true } }
    const subscribers = () => subscribersOf(settings, db, { threadId: root })

    await subscribeToThread(fixture.rooms, thread, reply)
    assert.deepEqual(await threadSubscription(db, thread), { automatic: true })
    assert.deepEqual(await subscribers(), new Set([bob]))
    const first = stampIn((await since(0)).subscribed)
    await subscribeToThread(fixture.rooms, thread, undefined)
    const second = stampIn((await since(first)).subscribed)
    assert.ok(second > first)
    await subscribeToThread(fixture.rooms, thread, undefined)
    assert.deepEqual(await since(second), { subscribed: {}, unsubscribed: {}, end: undefined })

    await unsubscribeFromThread(fixture.rooms, thread)
    await unsubscribeFromThread(fixture.rooms, { ...thread, userId: alice })
    assert.deepEqual(await subscribers(), new Set())
    const ended = await since(second)
    assert.deepEqual(ended.subscribed, {})
    assert.ok(stampIn(ended.unsubscribed) > second)
    await assert.rejects(threadSubscription(db, thread), { status: 404, errcode: 'M_NOT_FOUND' })
    const code = 'IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION'
    await assert.rejects(subscribeToThread(fixture.rooms, thread, reply), { status: 409, errcode: code })
    await subscribeToThread(fixture.rooms, thread, await fixture.reply(roomId, alice, root))
    assert.deepEqual(await subscribers(), new Set([bob]))
  })
})

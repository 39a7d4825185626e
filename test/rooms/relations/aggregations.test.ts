import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { findEvents } from '../../../src/rooms/event-store.ts'
import { aggregationsOf } from '../../../src/rooms/relations/aggregations.ts'
import { aggregatesInSpans } from '../../../src/rooms/relations/aggregations-store.ts'
import type { Span } from '../../../src/rooms/visibility.ts'
import type { Queries } from '../../../src/storage/query.ts'
import { counting } from '../../support/counting-database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { deviceOf, type RoomEvent, user } from '../sync-fixture.ts'
import { createRelationsFixture } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')

type Thread = { latest_event: RoomEvent; count: number; current_user_participated: boolean }
const threadOf = (relations: JsonObject | undefined) =>
  relations?.['m.thread'] as unknown as Thread | undefined
const editOf = (relations: JsonObject | undefined) =>
  relations?.['m.replace'] as unknown as RoomEvent | undefined
const relationsOf = (event: RoomEvent | undefined) => event?.unsigned['m.relations'] as JsonObject | undefined

onEachDatabase('aggregations', (open) => {
  test('of edits have the newest edit by the sender, and no edit of a redacted event', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const eventId = await fixture.say(roomId, alice, 'old')
    assert.equal(await fixture.relations(bob, roomId, eventId), undefined)
    const first = await fixture.edit(roomId, alice, eventId, 'newer')
    const second = await fixture.edit(roomId, alice, eventId, 'newest')
    await fixture.edit(roomId, bob, eventId, 'not mine')
    const relations = await fixture.relations(bob, roomId, eventId)
    assert.deepEqual(Object.keys(relations ?? {}), ['m.replace'])
    const edit = editOf(relations)
    assert.equal(edit?.event_id, second)
    assert.equal(edit?.room_id, roomId)
    assert.deepEqual(edit?.content['m.new_content'], { body: 'newest', msgtype: 'm.text' })
    assert.equal(edit?.unsigned['transaction_id'], undefined, 'only for the device that sent it')
    const own = editOf(await fixture.relations(alice, roomId, eventId))
    assert.equal(typeof own?.unsigned['transaction_id'], 'string')
    assert.equal((await fixture.event(bob, roomId, eventId)).content['body'], 'old', 'the content stays')

    await fixture.redact(roomId, alice, second)
    assert.equal(editOf(await fixture.relations(bob, roomId, eventId))?.event_id, first)
    await fixture.redact(roomId, alice, eventId)
    assert.equal(editOf(await fixture.relations(bob, roomId, eventId)), undefined)
  })

  test('have an edit of an encrypted event, whose new content is encrypted', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const type = 'm.room.encrypted'
    const root = await fixture.say(roomId, alice, 'root')
    const thread = { rel_type: 'm.thread', event_id: root }
    const eventId = await fixture.relate(roomId, alice, thread, { type, ciphertext: 'a' })
    const relation = { rel_type: 'm.replace', event_id: eventId }
    const edit = await fixture.relate(roomId, alice, relation, { type, ciphertext: 'b' })
    assert.equal(editOf(await fixture.relations(alice, roomId, eventId))?.event_id, edit)
    await fixture.edit(roomId, alice, eventId, 'in clear')
    assert.equal(editOf(await fixture.relations(alice, roomId, eventId))?.event_id, edit, 'of another type')
  })

  test('of threads have the latest reply with its edit, the number of replies, and whether the reader takes part', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const root = await fixture.say(roomId, alice, 'root')
    await fixture.reply(roomId, bob, root, 'one')
    const last = await fixture.reply(roomId, bob, root, 'two')
    const edit = await fixture.edit(roomId, bob, last, 'two, edited')
    await fixture.annotate(roomId, alice, last, '👍')
    const seen = threadOf(await fixture.relations(carol, roomId, root))
    assert.equal(seen?.count, 2)
    assert.equal(seen?.current_user_participated, false)
    assert.equal(seen?.latest_event.event_id, last)
    assert.equal(editOf(relationsOf(seen?.latest_event))?.event_id, edit)
    for (const userId of [alice, bob])
      assert.equal(threadOf(await fixture.relations(userId, roomId, root))?.current_user_participated, true)

    await fixture.redact(roomId, bob, last)
    const before = threadOf(await fixture.relations(carol, roomId, root))
    assert.equal(before?.count, 1)
    assert.equal(before?.latest_event.content['body'], 'one')
    await fixture.redact(roomId, alice, root)
    assert.equal(
      threadOf(await fixture.relations(carol, roomId, root))?.count,
      1,
      'a redacted root keeps its thread',
    )
    await fixture.redact(roomId, bob, before?.latest_event.event_id ?? last)
    assert.equal(await fixture.relations(carol, roomId, root), undefined)
  })

  test('leave out the replies and references of ignored users', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const root = await fixture.say(roomId, alice, 'root')
    const shown = await fixture.reply(roomId, bob, root)
    await fixture.reply(roomId, carol, root)
    const reference = await fixture.refer(roomId, bob, root)
    await fixture.refer(roomId, carol, root)
    await fixture.ignore(alice, [carol])
    const relations = await fixture.relations(alice, roomId, root)
    assert.equal(threadOf(relations)?.count, 1)
    assert.equal(threadOf(relations)?.latest_event.event_id, shown)
    assert.deepEqual(relations?.['m.reference'], { chunk: [{ event_id: reference }] })
    await fixture.ignore(alice, [bob, carol])
    assert.equal(await fixture.relations(alice, roomId, root), undefined)
  })

  test('leave out what the history visibility hides from the reader', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.join(roomId, bob)
    const root = await fixture.say(roomId, alice, 'root')
    const shown = await fixture.reply(roomId, alice, root)
    const edit = await fixture.edit(roomId, alice, root, 'edited')
    const reference = await fixture.refer(roomId, alice, root)
    await fixture.leave(roomId, bob)
    await fixture.reply(roomId, alice, root)
    await fixture.edit(roomId, alice, root, 'hidden')
    await fixture.refer(roomId, alice, root)
    for (const join of [false, true]) {
      if (join) await fixture.join(roomId, bob)
      const [ofEvent, ofPage] = [
        await fixture.relations(bob, roomId, root),
        relationsOf((await fixture.messages(bob, roomId)).find((event) => event.event_id === root)),
      ]
      assert.deepEqual(ofEvent, ofPage)
      assert.equal(threadOf(ofEvent)?.count, 1)
      assert.equal(threadOf(ofEvent)?.latest_event.event_id, shown)
      assert.equal(editOf(ofEvent)?.event_id, edit)
      assert.deepEqual(ofEvent?.['m.reference'], { chunk: [{ event_id: reference }] })
    }
    assert.equal(threadOf(await fixture.relations(alice, roomId, root))?.count, 2)
  })

  test('read no span before the event, and the newest ten thousand spans after it', async (t) => {
    const db = await open(t)
    const fixture = await createRelationsFixture(t, db, ['alice'])
    const roomId = await fixture.create(alice)
    const root = await fixture.say(roomId, alice, 'root')
    const reply = await fixture.reply(roomId, alice, root)
    const events = await findEvents(db, [root, reply])
    const [parent, last] = [events.get(root), events.get(reply)]
    assert.ok(parent && last)
    const sent: unknown[] = []
    const recorded: Queries = {
      ...db,
      all: (query, params) => {
        if ((query as unknown) === aggregatesInSpans) sent.push((params as { spans: unknown[] }).spans)
        return db.all(query, params)
      },
    }
    const reader = { viewer: { userId: alice, deviceId: deviceOf(alice) }, ignored: new Set<string>() }
    const threadIn = async (spans: readonly Span[]) =>
      (await aggregationsOf(recorded, reader, [{ events: [parent], spans }])).get(parent.position)?.thread
    const { position } = parent
    const before = Array.from({ length: 50 }, (_, at) => ({ from: at - 50, to: at - 50 }))
    const around = { from: position, to: last.position }
    assert.equal((await threadIn([...before, around]))?.latest.eventId, reply)
    assert.deepEqual(sent.at(0), [{ parent: position, low: position, high: last.position }])

    const after = Array.from({ length: 10_000 }, (_, at) => last.position + 2 + 2 * at)
    const spans = after.map((at) => ({ from: at, to: at }))
    sent.length = 0
    assert.equal(await threadIn([around, ...spans]), undefined)
    assert.deepEqual(
      sent.at(0),
      after.map((at) => ({ parent: position, low: at, high: at })),
    )
    assert.equal((await threadIn([around, ...spans.slice(1)]))?.latest.eventId, reply)
  })

  test('have the newest thousand references, oldest first', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const eventId = await fixture.say(roomId, alice, 'poll')
    const first = await fixture.refer(roomId, alice, eventId)
    const chunkOf = async () => {
      const relations = await fixture.relations(alice, roomId, eventId)
      return (relations?.['m.reference'] as { chunk: JsonObject[] } | undefined)?.chunk ?? []
    }
    assert.deepEqual(await chunkOf(), [{ event_id: first }])
    const more = await Promise.all(Array.from({ length: 1000 }, () => fixture.refer(roomId, alice, eventId)))
    assert.deepEqual(
      (await chunkOf()).map((entry) => entry['event_id']),
      more,
    )
  })

  test('are in /sync only where the timeline is limited', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const root = await fixture.say(roomId, alice, 'root')
    const { next_batch: since } = await fixture.sync(bob)
    const reply = await fixture.reply(roomId, alice, root)
    const edit = await fixture.edit(roomId, alice, reply, 'edited')
    const timelineOf = async (from: string | undefined, limit: number) => {
      const response = await fixture.sync(bob, from, { filter: { room: { timeline: { limit } } } })
      return response.rooms.join[roomId]?.timeline
    }
    const limited = await timelineOf(undefined, 3)
    assert.equal(limited?.limited, true)
    const [shownRoot, shownReply] = limited?.events ?? []
    assert.equal(threadOf(relationsOf(shownRoot))?.count, 1)
    assert.equal(threadOf(relationsOf(shownRoot))?.latest_event.room_id, undefined)
    assert.equal(editOf(relationsOf(shownReply))?.event_id, edit)
    const whole = await timelineOf(since, 10)
    assert.equal(whole?.limited, false)
    assert.ok(whole?.events.every((event) => relationsOf(event) === undefined))
  })

  test('cost one statement for events without children, and three for any number of children', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createRelationsFixture(t, db, ['alice'])
    const roomId = await fixture.create(alice)
    const readsOf = async (read: () => Promise<unknown>) => {
      const before = count.read
      await read()
      return count.read - before
    }
    const page = () => readsOf(() => fixture.messages(alice, roomId, 20))
    const eventId = await fixture.say(roomId, alice, 'root')
    assert.equal(await readsOf(() => fixture.event(alice, roomId, eventId)), 1)
    const without = await page()
    const counts: number[] = []
    for (const more of [1, 10]) {
      for (let at = 0; at < more; at++) {
        const root = await fixture.say(roomId, alice, 'root')
        await fixture.edit(roomId, alice, root, 'edited')
        await fixture.reply(roomId, alice, root)
        await fixture.refer(roomId, alice, root)
      }
      counts.push(await page())
    }
    assert.deepEqual(counts, [without + 2, without + 2])
    await fixture.edit(roomId, alice, eventId, 'edited')
    assert.equal(await readsOf(() => fixture.event(alice, roomId, eventId)), 4)
  })
})

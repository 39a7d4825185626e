import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counting } from '../../support/counting-database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { user } from '../sync-fixture.ts'
import { createRelationsFixture, idsOf } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const missing = { status: 404, errcode: 'M_NOT_FOUND' }

onEachDatabase('the events that relate to an event', (open) => {
  test('are listed newest first or oldest first, by type of relation and of event', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const eventId = await fixture.say(roomId, alice, 'root')
    const other = await fixture.say(roomId, alice, 'other')
    const reply = await fixture.reply(roomId, bob, eventId)
    const reaction = await fixture.annotate(roomId, bob, eventId, '👍')
    await fixture.annotate(roomId, bob, other, '👍')
    const sticker = await fixture.relate(
      roomId,
      bob,
      { rel_type: 'm.thread', event_id: eventId },
      { type: 'm.sticker' },
    )
    const of = { roomId, eventId }
    const ids = async (options: Parameters<typeof fixture.children>[2]) =>
      idsOf((await fixture.children(alice, of, options)).chunk)
    assert.deepEqual(await ids({}), [sticker, reaction, reply])
    assert.deepEqual(await ids({ direction: 'f' }), [reply, reaction, sticker])
    assert.deepEqual(await ids({ relType: 'm.thread' }), [sticker, reply])
    assert.deepEqual(await ids({ relType: 'm.thread', direction: 'f' }), [reply, sticker])
    assert.deepEqual(await ids({ relType: 'm.thread', eventType: 'm.sticker' }), [sticker])
    assert.deepEqual(await ids({ relType: 'm.thread', eventType: 'm.room.message', direction: 'f' }), [reply])
    assert.deepEqual(await ids({ relType: 'm.reference' }), [])
  })

  test('are read in pages in both directions, between two tokens', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const eventId = await fixture.say(roomId, alice, 'root')
    const replies = []
    for (let at = 0; at < 7; at++) {
      replies.push(await fixture.reply(roomId, alice, eventId, `${at}`))
      await fixture.say(roomId, alice, 'between')
    }
    const of = { roomId, eventId }
    for (const direction of ['b', 'f'] as const) {
      const found = []
      let from: string | undefined
      const tokens: string[] = []
      for (let page = 0; page < 10; page++) {
        const { chunk, next_batch, prev_batch } = await fixture.children(alice, of, {
          direction,
          limit: 3,
          from,
        })
        assert.equal(prev_batch, from)
        found.push(...idsOf(chunk))
        from = next_batch
        if (from === undefined) break
        tokens.push(from)
      }
      assert.deepEqual(found, direction === 'b' ? replies.toReversed() : replies)
      const [first, second] = tokens
      const between = await fixture.children(alice, of, { direction, from: first, to: second, limit: 20 })
      assert.deepEqual(idsOf(between.chunk), found.slice(3, 6))
      assert.equal(between.next_batch, undefined)
    }
    const none = await fixture.children(alice, of, { limit: 0 })
    assert.deepEqual(none.chunk, [])
    assert.equal(typeof none.next_batch, 'string')
  })

  test('include indirect relations with recurse, through up to two other events', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const eventId = await fixture.say(roomId, alice, 'root')
    const reply = await fixture.reply(roomId, alice, eventId)
    const reaction = await fixture.annotate(roomId, alice, reply, '👍')
    const third = await fixture.refer(roomId, alice, reaction)
    const fourth = await fixture.refer(roomId, alice, third)
    const of = { roomId, eventId }
    const direct = await fixture.children(alice, of, { recurse: false })
    assert.deepEqual(idsOf(direct.chunk), [reply])
    assert.equal(direct.recursion_depth, 1)
    assert.ok(!('recursion_depth' in (await fixture.children(alice, of))))
    const all = await fixture.children(alice, of, { recurse: true })
    assert.deepEqual(idsOf(all.chunk), [third, reaction, reply])
    assert.equal(all.recursion_depth, 3)
    const typed = await fixture.children(alice, of, { recurse: true, relType: 'm.annotation' })
    assert.deepEqual(idsOf(typed.chunk), [reaction])
    assert.deepEqual(idsOf((await fixture.children(alice, { roomId, eventId: third })).chunk), [fourth])

    await fixture.redact(roomId, alice, reaction)
    assert.deepEqual(idsOf((await fixture.children(alice, of, { recurse: true })).chunk), [reply])
    const ofReaction = await fixture.children(alice, { roomId, eventId: reaction }, { recurse: true })
    assert.deepEqual(idsOf(ofReaction.chunk), [fourth, third], 'the children of a redacted event stay')
  })

  test('are not listed when they are redacted, hidden by the history visibility or sent by an ignored user', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const eventId = await fixture.say(roomId, alice, 'root')
    const before = await fixture.reply(roomId, alice, eventId)
    const ofCarol = await fixture.reply(roomId, carol, eventId)
    const redacted = await fixture.reply(roomId, alice, eventId)
    await fixture.redact(roomId, alice, redacted)
    await fixture.leave(roomId, bob)
    const hidden = await fixture.reply(roomId, alice, eventId)
    const of = { roomId, eventId }
    const ids = async (direction: 'b' | 'f' = 'b', limit = 20) =>
      idsOf((await fixture.children(bob, of, { direction, limit })).chunk)
    assert.deepEqual(await ids(), [ofCarol, before])
    await fixture.join(roomId, bob)
    const after = await fixture.reply(roomId, alice, eventId)
    assert.deepEqual(await ids(), [after, ofCarol, before])
    assert.deepEqual(await ids('f', 2), [before, ofCarol])
    assert.deepEqual(idsOf((await fixture.children(alice, of)).chunk), [after, hidden, ofCarol, before])
    await fixture.ignore(bob, [carol])
    assert.deepEqual(await ids(), [after, before])
    await assert.rejects(fixture.children(bob, { roomId, eventId: hidden }), missing)
  })

  test('cost the same statements for one child and for many', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createRelationsFixture(t, db, ['alice'])
    const roomId = await fixture.create(alice)
    const eventId = await fixture.say(roomId, alice, 'root')
    const counts: number[] = []
    for (const more of [1, 50]) {
      for (let at = 0; at < more; at++) {
        const reply = await fixture.reply(roomId, alice, eventId)
        await fixture.edit(roomId, alice, reply, 'edited')
      }
      const before = count.read
      await fixture.children(alice, { roomId, eventId }, { limit: 100 })
      counts.push(count.read - before)
    }
    assert.deepEqual(counts, [5, 5])
  })
})

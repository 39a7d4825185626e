import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { user } from '../sync-fixture.ts'
import { createRelationsFixture, idsOf } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')

onEachDatabase('the threads of a room', (open) => {
  test('are listed by their latest reply, with aggregations, in pages', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const roots = []
    for (let at = 0; at < 5; at++) roots.push(await fixture.say(roomId, alice, `${at}`))
    await fixture.say(roomId, alice, 'no thread')
    for (const root of roots) await fixture.reply(roomId, bob, root)
    for (const root of roots) await fixture.reply(roomId, alice, root)
    const [first, ...others] = roots as [(typeof roots)[0], ...typeof roots]
    await fixture.reply(roomId, bob, first, 'again')
    const expected = [first, ...others.toReversed()]
    const all = await fixture.threads(bob, roomId)
    assert.deepEqual(idsOf(all.chunk), expected)
    assert.equal(all.next_batch, undefined)
    const relations = all.chunk[0]?.unsigned['m.relations'] as { 'm.thread': JsonObject } | undefined
    assert.equal(relations?.['m.thread']['count'], 3)
    const found = []
    let from: string | undefined
    do {
      const { chunk, next_batch } = await fixture.threads(bob, roomId, { limit: 2, from })
      assert.ok(chunk.length <= 2)
      found.push(...idsOf(chunk))
      from = next_batch
    } while (from !== undefined)
    assert.deepEqual(found, expected)
  })

  test('are limited to those in which the user takes part', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const ofAlice = await fixture.say(roomId, alice, 'one')
    const ofCarol = await fixture.say(roomId, carol, 'two')
    await fixture.reply(roomId, carol, ofAlice)
    const reply = await fixture.reply(roomId, bob, ofCarol)
    const participated = async (userId: typeof alice) =>
      idsOf((await fixture.threads(userId, roomId, { participated: true })).chunk)
    assert.deepEqual(await participated(alice), [ofAlice])
    assert.deepEqual(await participated(bob), [ofCarol])
    assert.deepEqual(await participated(carol), [ofCarol, ofAlice])
    await fixture.redact(roomId, bob, reply)
    assert.deepEqual(await participated(bob), [])
    assert.deepEqual(idsOf((await fixture.threads(bob, roomId)).chunk), [ofAlice])
  })

  test('do not count the replies of ignored users, and show their roots without content', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const first = await fixture.say(roomId, alice, 'one')
    const second = await fixture.say(roomId, carol, 'two')
    const onlyIgnored = await fixture.say(roomId, alice, 'three')
    await fixture.edit(roomId, carol, second, 'two, edited')
    await fixture.reply(roomId, bob, first)
    await fixture.reply(roomId, bob, second)
    await fixture.reply(roomId, carol, first)
    await fixture.reply(roomId, carol, onlyIgnored)
    assert.deepEqual(idsOf((await fixture.threads(alice, roomId)).chunk), [onlyIgnored, first, second])
    await fixture.ignore(alice, [carol])
    const { chunk } = await fixture.threads(alice, roomId)
    assert.deepEqual(idsOf(chunk), [second, first])
    assert.deepEqual(chunk[0]?.content, {})
    assert.deepEqual(Object.keys(chunk[0]?.unsigned['m.relations'] as JsonObject), ['m.thread'])
    assert.equal(chunk[1]?.content['body'], 'one')
  })

  test('do not show roots and replies that the history visibility hides', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    const hidden = await fixture.say(roomId, alice, 'hidden')
    await fixture.join(roomId, bob)
    const seen = await fixture.say(roomId, alice, 'seen')
    const later = await fixture.say(roomId, alice, 'later')
    const own = await fixture.say(roomId, bob, 'own')
    await fixture.reply(roomId, alice, hidden)
    await fixture.reply(roomId, alice, own)
    await fixture.reply(roomId, alice, seen)
    assert.deepEqual(idsOf((await fixture.threads(bob, roomId)).chunk), [seen, own])
    await fixture.leave(roomId, bob)
    await fixture.reply(roomId, alice, later)
    await fixture.reply(roomId, alice, own)
    const ids = async (participated = false) =>
      idsOf((await fixture.threads(bob, roomId, { participated })).chunk)
    assert.deepEqual(await ids(), [seen, own])
    assert.deepEqual(await ids(true), [own])
    await fixture.join(roomId, bob)
    await fixture.reply(roomId, alice, own)
    assert.deepEqual(await ids(), [own, seen])
    const page = await fixture.threads(bob, roomId, { limit: 1 })
    const next = await fixture.threads(bob, roomId, { limit: 1, from: page.next_batch })
    assert.deepEqual([...idsOf(page.chunk), ...idsOf(next.chunk)], [own, seen])
    assert.equal(next.next_batch, undefined)
  })

  test('are refused to users who may not read the room', async (t) => {
    const fixture = await createRelationsFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await assert.rejects(fixture.threads(bob, roomId), { status: 403, errcode: 'M_FORBIDDEN' })
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SyncSection } from '../../../src/rooms/sync/section.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createSyncFixture, user } from '../sync-fixture.ts'

const alice = user('alice')

onEachDatabase('a section of /sync', (open) => {
  test('fills its keys, and the other keys keep their empty values', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const event = { sender: alice, type: 'm.room_key', content: {} }
    const toDevice: SyncSection = {
      news: async () => ({ keys: { to_device: { events: [event] } }, hasNews: true }),
    }
    fixture.reads.sections = [toDevice]
    await fixture.create(alice)
    assert.deepEqual(await fixture.sync(alice), {
      next_batch: `s${(await fixture.sync(alice)).next_batch.slice(1)}`,
      rooms: { join: {}, invite: {}, knock: {}, leave: {} },
      account_data: { events: [] },
      presence: { events: [] },
      to_device: { events: [event] },
      device_lists: { changed: [], left: [] },
      device_one_time_keys_count: {},
      device_unused_fallback_key_types: [],
    })
  })

  test('fills its standing keys once in a response without news, and in no other', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    let reads = 0
    const held = { device_one_time_keys_count: { signed_curve25519: 7 } }
    const standingKeys = async () => {
      reads++
      return held
    }
    fixture.reads.sections = [{ standingKeys, news: async () => ({ keys: held, hasNews: false }) }]
    const first = await fixture.sync(alice)
    assert.equal(reads, 0)
    const second = await fixture.sync(alice, first.next_batch)
    assert.deepEqual(second, first)
    assert.equal(reads, 1)
    const poll = fixture.sync(alice, first.next_batch, { timeoutMs: 1000 })
    await fixture.clock.asleep(1000)
    fixture.clock.advance(1000)
    assert.deepEqual(await poll, first)
    assert.equal(reads, 2)
  })

  test('is not asked for news when neither the position nor a part of the token changed, and is asked when its part changed', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    let serial = 7
    const seen: (number | undefined)[] = []
    const typing: SyncSection = {
      tokenParts: () => ({ typing: serial }),
      news: async ({ since, now }) => {
        seen.push(since?.typing, now.typing)
        return { keys: {}, hasNews: true }
      },
    }
    fixture.reads.sections = [typing]
    const first = await fixture.sync(alice)
    const second = await fixture.sync(alice, first.next_batch)
    assert.equal(second.next_batch, first.next_batch)
    assert.deepEqual(seen, [undefined, 7])
    serial = 8
    const third = await fixture.sync(alice, second.next_batch)
    assert.deepEqual(seen, [undefined, 7, 7, 8])
    assert.notEqual(third.next_batch, second.next_batch)
  })

  test('ends the wait of a long poll only when it has news', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    let hasNews = false
    fixture.reads.sections = [{ news: async () => ({ keys: {}, hasNews }) }]
    const roomId = await fixture.create(alice)
    const first = await fixture.sync(alice)
    const poll = fixture.sync(alice, first.next_batch, { timeoutMs: 30_000 })
    await fixture.clock.asleep(30_000)
    await fixture.say(roomId, alice, 'without news')
    await fixture.clock.asleep(30_000)
    hasNews = true
    const last = await fixture.say(roomId, alice, 'with news')
    const response = await poll
    assert.ok(last)
    assert.notEqual(response.next_batch, first.next_batch)
    assert.equal(fixture.clock.sleepers(), 0)
  })
})

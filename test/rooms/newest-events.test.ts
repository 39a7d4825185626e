import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replaceIgnored } from '../../src/accounts/ignored-users.ts'
import { newestEvents } from '../../src/rooms/newest-events.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createSyncFixture, deviceOf, user } from './sync-fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]

onEachDatabase('the newest events of a user', (open) => {
  test('are those of other users since the user joined, over all rooms, and open invitations', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const { db, rooms, create, say, join, leave, invite } = fixture
    const [first, second, left] = [await create(bob), await create(bob), await create(bob)]
    await say(first, bob, 'before alice joined')
    for (const roomId of [first, second, left])
      for (const member of [alice, carol]) await join(roomId, member)
    const one = await say(first, bob, 'one')
    await say(first, alice, 'from alice')
    const redacted = await say(second, bob, 'redacted')
    await redactEvent(rooms, {
      roomId: second,
      sender: bob,
      eventId: redacted,
      content: {},
      transaction: { deviceId: deviceOf(bob), txnId: 'redaction' },
    })
    await say(second, carol, 'ignored')
    const two = await say(second, bob, 'two')
    await say(left, bob, 'in a room that alice left')
    await leave(left, alice)
    const three = await say(first, bob, 'three')
    const invited = await create(carol, { preset: 'private_chat' })
    await invite(invited, carol, alice)

    const found = async (limit: number) =>
      (await newestEvents(db, { userId: alice, limit })).map(
        ({ content }) => content['body'] ?? content['membership'],
      )
    assert.deepEqual(await found(4), ['invite', 'three', 'two', 'ignored'])
    assert.deepEqual(await found(2), ['invite', 'three'])
    await db.transaction((tx) => replaceIgnored(tx, alice, { ignored_users: { [carol]: {} } }))
    const events = await newestEvents(db, { userId: alice, limit: 100 })
    const ids = events.map(({ eventId }) => eventId)
    assert.ok(
      [one, two, three].every((eventId) => ids.includes(eventId)),
      'messages of a sender who is not ignored',
    )
    assert.ok(!ids.includes(redacted))
    const texts = events.map(({ content }) => content['body'] ?? content['membership'])
    for (const hidden of [
      'invite',
      'before alice joined',
      'from alice',
      'ignored',
      'in a room that alice left',
    ])
      assert.ok(!texts.includes(hidden), hidden)
  })

  test('are found in more rooms than one statement reads', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const { db, create, say, join } = fixture
    const roomIds = []
    for (let at = 0; at < 25; at++) {
      const roomId = await create(bob)
      await join(roomId, alice)
      roomIds.push(roomId)
    }
    for (const [at, roomId] of roomIds.entries()) await say(roomId, bob, `${at}`)
    const texts = (await newestEvents(db, { userId: alice, limit: 24 })).map((event) => event.content['body'])
    assert.deepEqual(
      texts,
      Array.from({ length: 24 }, (_, at) => `${24 - at}`),
    )
  })
})

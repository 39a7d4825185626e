import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counting } from '../../../support/counting-database.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { user } from '../../sync-fixture.ts'
import { createSlidingFixture } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const MAX_STATEMENTS = 16

/** What the notification extension of Element X asks for after a poke, on a new connection. */
const afterPoke = (roomId: string) => ({
  conn_id: 'notifications',
  lists: {
    invites: {
      range: [0, 16],
      timeline_limit: 8,
      required_state: { include: [{ type: 'm.room.member', state_key: '$ME' }] },
      filters: { is_invited: true },
    },
  },
  room_subscriptions: {
    [roomId]: {
      timeline_limit: 16,
      required_state: {
        include: [{ type: 'm.room.power_levels' }, { type: 'm.room.member', state_key: '$ME' }],
        lazy_members: true,
      },
    },
  },
  extensions: { account_data: { enabled: true } },
})

onEachDatabase('the sliding sync of Element X after a poke', (open) => {
  test(`has the event and takes the same statements with 1 and with 40 other rooms, at most ${MAX_STATEMENTS}`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const counts: number[] = []
    for (const rooms of [1, 39]) {
      for (let at = 0; at < rooms; at++) {
        const other = await fixture.create(alice)
        await fixture.join(other, bob)
        await fixture.say(other, alice, 'elsewhere')
      }
      const eventId = await fixture.say(roomId, alice, 'the poked one')
      const before = count.read
      const { rooms: found } = await fixture.slide(bob, afterPoke(roomId))
      counts.push(count.read - before)
      assert.deepEqual(Object.keys(found), [roomId])
      const events = found[roomId]?.timeline_events ?? found[roomId]?.timeline ?? []
      assert.ok(events.some((event) => event['event_id'] === eventId))
    }
    assert.equal(counts[0], counts[1])
    assert.ok((counts[0] ?? Infinity) <= MAX_STATEMENTS, String(counts))
  })
})

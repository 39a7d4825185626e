import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MatrixError } from '../../src/lib/errors.ts'
import type { RoomId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { createRoom } from '../../src/rooms/create-room.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { membersOfRoom } from '../../src/rooms/membership-store.ts'
import { roomById } from '../../src/rooms/room-store.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import { currentState } from '../../src/rooms/state-store.ts'
import { openTestSqlite } from '../support/databases.ts'
import {
  alice,
  bob,
  carol,
  eventsOf,
  createRoomsFixture,
  phone,
  publicRoom,
  setState,
  type RoomsFixture,
} from './fixture.ts'
import { runs } from '../support/property.ts'

const TYPES = [
  'm.room.member',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.create',
  'm.room.redaction',
  'm.room.message',
  '__proto__',
]
const KEYS = ['', alice, bob, carol, 'x', '@nobody:here']

const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('join', 'invite', 'leave', 'ban', 'knock', 'public', 0, 50, 100, alice, bob, '$x'),
)
const names = fc.constantFrom(
  'membership',
  'displayname',
  'users',
  'events',
  'users_default',
  'state_default',
  'kick',
  'join_rule',
  'allow',
  'alias',
  'alt_aliases',
  'm.relates_to',
  'rel_type',
  'event_id',
  'm.mentions',
  'body',
  'redacts',
)
const content = fc.dictionary(fc.oneof(names, fc.string()), fc.oneof(value, fc.dictionary(names, value)), {
  maxKeys: 5,
})
const sender = fc.constantFrom(alice, bob, carol)

let transactions = 0
const nextTransaction = () => ({ deviceId: phone, txnId: `t${transactions++}` })

/** Passes if the work succeeds or fails with a 4xx Matrix error. */
async function settled(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
    assert.ok(error.status >= 400 && error.status < 500, error.message)
  }
}

async function checkConsistent(fixture: RoomsFixture, roomId: RoomId): Promise<void> {
  const room = await fixture.db.first(roomById, { roomId })
  assert.equal((await membersOfRoom(fixture.db, roomId, ['join'])).length, room?.joined_count)
  assert.equal((await membersOfRoom(fixture.db, roomId, ['invite'])).length, room?.invited_count)
  const newest = new Map<string, string>()
  for (const event of await fixture.db.all(eventsOf, { roomId }))
    if (event.state_key !== null) newest.set(`${event.type} ${event.state_key}`, event.event_id)
  const current = await currentState(fixture.db, roomId)
  assert.deepEqual(
    new Set(current.map((event) => event.eventId)),
    new Set(newest.values()),
    'current state is the newest event of each type and state key',
  )
}

test('random events cause no internal error, and counters and current state stay consistent', async (t) => {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const step = fc.record({
    sender,
    type: fc.constantFrom(...TYPES),
    stateKey: fc.option(fc.constantFrom(...KEYS)),
    content,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const roomId = await publicRoom(fixture)
      await joinRoom(fixture, { roomId, userId: bob })
      for (const { sender: from, type, stateKey, content: random } of steps) {
        const sent = random as JsonObject
        await settled(
          stateKey === null
            ? sendMessage(fixture, {
                roomId,
                sender: from,
                type,
                content: sent,
                transaction: nextTransaction(),
              })
            : setState(fixture, roomId, from, { type, stateKey, content: sent }),
        )
      }
      await checkConsistent(fixture, roomId)
    }),
    { numRuns: runs(40) },
  )
})

test('a random room request creates a consistent room or is refused', async (t) => {
  const fixture = await createRoomsFixture(await openTestSqlite(t))
  const request = fc.record(
    {
      preset: fc.constantFrom(
        'private_chat' as const,
        'trusted_private_chat' as const,
        'public_chat' as const,
      ),
      room_version: fc.constantFrom('10', '11', '12', '13'),
      name: fc.string(),
      room_alias_name: fc.string(),
      invite: fc.array(sender),
      initial_state: fc.array(
        fc.record({ type: fc.constantFrom(...TYPES), state_key: fc.constantFrom(...KEYS), content }),
        { maxLength: 3 },
      ),
      power_level_content_override: content,
      creation_content: content,
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(request, async (randomRequest) => {
      await settled(
        createRoom(fixture, alice, randomRequest as never).then((roomId) => checkConsistent(fixture, roomId)),
      )
    }),
    { numRuns: runs(60) },
  )
})

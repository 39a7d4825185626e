import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MatrixError } from '../../../src/lib/errors.ts'
import type { EventId, RoomId } from '../../../src/lib/ids.ts'
import { unreadCounts } from '../../../src/notifications/counts.ts'
import { findEvents } from '../../../src/rooms/event-store.ts'
import { historiesOf } from '../../../src/rooms/history-store.ts'
import { roomsOfUser } from '../../../src/rooms/membership-store.ts'
import { banUser, kickUser, unbanUser } from '../../../src/rooms/membership.ts'
import { setMarkers } from '../../../src/rooms/receipts.ts'
import { currentState } from '../../../src/rooms/state-store.ts'
import { isVisible, visibleSpans } from '../../../src/rooms/visibility.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { type SyncFixture, createSyncFixture, type RoomEvent, type SyncBody, user } from '../sync-fixture.ts'
import { runs } from '../../support/property.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const filter = { room: { timeline: { limit: 2 } } }

/** The state of a room in a client that applies each response according to the specification. */
type Known = { state: Map<string, EventId>; unread: number }

const keyOf = (event: RoomEvent) => `${event.type} ${event.state_key ?? ''}`

function apply(rooms: Map<RoomId, Known>, invited: Set<RoomId>, response: SyncBody): void {
  for (const roomId of Object.keys(response.rooms.leave) as RoomId[]) {
    rooms.delete(roomId)
    invited.delete(roomId)
  }
  for (const roomId of Object.keys(response.rooms.invite) as RoomId[]) {
    rooms.delete(roomId)
    invited.add(roomId)
  }
  for (const [roomId, room] of Object.entries(response.rooms.join) as [
    RoomId,
    SyncBody['rooms']['join'][RoomId],
  ][]) {
    invited.delete(roomId)
    const known = rooms.get(roomId) ?? { state: new Map<string, EventId>(), unread: 0 }
    for (const event of room.state_after?.events ?? [...room.state.events, ...room.timeline.events])
      if (event.state_key !== undefined) known.state.set(keyOf(event), event.event_id)
    known.unread = room.unread_notifications.notification_count
    rooms.set(roomId, known)
  }
}

type Step = { action: string; room: 0 | 1 }
// 'say' and 'sync' are more frequent than the other steps.
const ACTIONS = [
  'say',
  'say',
  'sync',
  'sync',
  'sync',
  'topic',
  'joined only',
  'shared',
  'bob joins',
  'bob leaves',
  'bob is invited',
  'bob is kicked',
  'bob is banned',
  'bob is unbanned',
  'bob reads',
  'carol joins',
  'carol leaves',
]
const steps = fc.array(
  fc.record({
    action: fc.constantFrom(...ACTIONS),
    room: fc.constantFrom(0, 1),
  }) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 40 },
)

let counter = 0
async function act(fixture: SyncFixture, roomId: RoomId, action: string): Promise<unknown> {
  const onBob = { roomId, sender: alice, target: bob }
  switch (action) {
    case 'say':
      return fixture.say(roomId, alice, `m${counter++}`)
    case 'topic':
      return fixture.set(roomId, alice, 'm.room.topic', { topic: `t${counter++}` })
    case 'joined only':
      return fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    case 'shared':
      return fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'shared' })
    case 'bob joins':
      return fixture.join(roomId, bob)
    case 'bob leaves':
      return fixture.leave(roomId, bob)
    case 'bob is invited':
      return fixture.invite(roomId, alice, bob)
    case 'bob is kicked':
      return kickUser(fixture.rooms, onBob)
    case 'bob is banned':
      return banUser(fixture.rooms, onBob)
    case 'bob is unbanned':
      return unbanUser(fixture.rooms, onBob)
    case 'carol joins':
      return fixture.join(roomId, carol)
    case 'carol leaves':
      return fixture.leave(roomId, carol)
    default: {
      const eventId = await fixture.say(roomId, alice, 'read this')
      const markers = [{ type: 'm.read' as const, eventId, threadId: '' }]
      return setMarkers(fixture.receipts, { userId: bob, roomId, markers })
    }
  }
}

async function compare(fixture: SyncFixture, rooms: Map<RoomId, Known>, invited: Set<RoomId>): Promise<void> {
  const joined = (await roomsOfUser(fixture.db, bob, ['join'])).map((row) => row.room_id)
  assert.deepEqual([...rooms.keys()].toSorted(), joined.toSorted(), 'joined rooms')
  const invitations = (await roomsOfUser(fixture.db, bob, ['invite'])).map((row) => row.room_id)
  assert.deepEqual([...invited].toSorted(), invitations.toSorted(), 'invitations')
  const counts = await unreadCounts(fixture.db, bob, joined)
  for (const roomId of joined) {
    const state = (await currentState(fixture.db, roomId)).map((event): [string, EventId] => [
      `${event.type} ${event.stateKey ?? ''}`,
      event.eventId,
    ])
    assert.deepEqual(rooms.get(roomId)?.state, new Map(state), 'state of the room')
    assert.equal(rooms.get(roomId)?.unread, counts.get(roomId)?.notifications, 'unread count')
  }
}

async function checkVisible(fixture: SyncFixture, response: SyncBody): Promise<void> {
  for (const section of [response.rooms.join, response.rooms.leave])
    for (const [roomId, room] of Object.entries(section) as [
      RoomId,
      (typeof response.rooms.leave)[RoomId],
    ][]) {
      const history = (await historiesOf(fixture.db, bob, [roomId])).get(roomId)
      assert.ok(history)
      const events = await findEvents(
        fixture.db,
        room.timeline.events.map((event) => event.event_id),
      )
      for (const event of events.values())
        assert.ok(
          event.stateKey === bob || isVisible(visibleSpans(history), event.position),
          `${event.type} at ${event.position} is not visible`,
        )
    }
}

onEachDatabase('a client that applies each sync response', (open) => {
  for (const options of [{ filter }, { filter, stateForm: 'state_after' as const }])
    test(`has the rooms, state and unread counts of the server after each response, with ${options.stateForm ?? 'state'}`, async (t) => {
      const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          const roomIds = [await fixture.create(alice), await fixture.create(alice)] as const
          // The initial sync of each run contains the rooms of the earlier runs.
          const rooms = new Map<RoomId, Known>()
          const invited = new Set<RoomId>()
          const first = await fixture.sync(bob, undefined, options)
          apply(rooms, invited, first)
          let since = first.next_batch
          for (const { action, room } of [...history, { action: 'sync', room: 0 } as const]) {
            if (action !== 'sync') {
              await act(fixture, roomIds[room], action).catch((error: unknown) => {
                if (!(error instanceof MatrixError)) throw error
              })
              continue
            }
            const response = await fixture.sync(bob, since, options)
            since = response.next_batch
            apply(rooms, invited, response)
            await checkVisible(fixture, response)
            await compare(fixture, rooms, invited)
          }
        }),
        { numRuns: runs(12) },
      )
    })
})

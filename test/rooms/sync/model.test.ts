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
import {
  type NotificationsFixture,
  createNotificationsFixture,
  type RoomEvent,
  type SyncBody,
  user,
} from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const filter = { room: { timeline: { limit: 2 } } }

/** What a client that does as the specification says knows of its rooms after each response. */
type Known = { state: Map<string, EventId>; unread: number }

const keyOf = (event: RoomEvent) => `${event.type} ${event.state_key ?? ''}`

function apply(rooms: Map<RoomId, Known>, invited: Set<RoomId>, told: SyncBody): void {
  for (const roomId of Object.keys(told.rooms.leave) as RoomId[]) {
    rooms.delete(roomId)
    invited.delete(roomId)
  }
  for (const roomId of Object.keys(told.rooms.invite) as RoomId[]) {
    rooms.delete(roomId)
    invited.add(roomId)
  }
  for (const [roomId, room] of Object.entries(told.rooms.join) as [
    RoomId,
    SyncBody['rooms']['join'][RoomId],
  ][]) {
    invited.delete(roomId)
    const known = rooms.get(roomId) ?? { state: new Map<string, EventId>(), unread: 0 }
    for (const event of [...room.state.events, ...room.timeline.events])
      if (event.state_key !== undefined) known.state.set(keyOf(event), event.event_id)
    known.unread = room.unread_notifications.notification_count
    rooms.set(roomId, known)
  }
}

type Step = { what: string; room: 0 | 1 }
// 'say' and 'sync' more often than the rest.
const WHATS = [
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
    what: fc.constantFrom(...WHATS),
    room: fc.constantFrom(0, 1),
  }) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 40 },
)

let counter = 0
async function act(fixture: NotificationsFixture, roomId: RoomId, what: string): Promise<unknown> {
  const onBob = { roomId, sender: alice, target: bob }
  switch (what) {
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

async function compare(
  fixture: NotificationsFixture,
  rooms: Map<RoomId, Known>,
  invited: Set<RoomId>,
): Promise<void> {
  const joined = (await roomsOfUser(fixture.db, bob, ['join'])).map((row) => row.room_id)
  assert.deepEqual([...rooms.keys()].toSorted(), joined.toSorted(), 'rooms joined')
  const invitations = (await roomsOfUser(fixture.db, bob, ['invite'])).map((row) => row.room_id)
  assert.deepEqual([...invited].toSorted(), invitations.toSorted(), 'invitations')
  const counts = await unreadCounts(fixture.db, bob, joined)
  for (const roomId of joined) {
    const state = (await currentState(fixture.db, roomId)).map((event): [string, EventId] => [
      `${event.type} ${event.stateKey ?? ''}`,
      event.eventId,
    ])
    assert.deepEqual(rooms.get(roomId)?.state, new Map(state), 'the state of a room')
    assert.equal(rooms.get(roomId)?.unread, counts.get(roomId)?.notifications, 'what is unread')
  }
}

async function checkVisible(fixture: NotificationsFixture, told: SyncBody): Promise<void> {
  for (const section of [told.rooms.join, told.rooms.leave])
    for (const [roomId, room] of Object.entries(section) as [RoomId, (typeof told.rooms.leave)[RoomId]][]) {
      const history = (await historiesOf(fixture.db, bob, [roomId])).get(roomId)
      assert.ok(history)
      const events = await findEvents(
        fixture.db,
        room.timeline.events.map((event) => event.event_id),
      )
      for (const event of events.values())
        assert.ok(
          event.stateKey === bob || isVisible(visibleSpans(history), event.position),
          `${event.type} at ${event.position} may not be seen`,
        )
    }
}

onEachDatabase('a client that follows sync', (open) => {
  test('knows after each response what the server knows', async (t) => {
    const fixture = await createNotificationsFixture(t, await open(t), ['alice', 'bob', 'carol'])
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const roomIds = [await fixture.create(alice), await fixture.create(alice)] as const
        // Each run starts with a client that knows all of the earlier ones.
        const rooms = new Map<RoomId, Known>()
        const invited = new Set<RoomId>()
        const first = await fixture.sync(bob, undefined, { filter })
        apply(rooms, invited, first)
        let since = first.next_batch
        for (const { what, room } of [...history, { what: 'sync', room: 0 } as const]) {
          if (what !== 'sync') {
            await act(fixture, roomIds[room], what).catch((error: unknown) => {
              if (!(error instanceof MatrixError)) throw error
            })
            continue
          }
          const told = await fixture.sync(bob, since, { filter })
          since = told.next_batch
          apply(rooms, invited, told)
          await checkVisible(fixture, told)
          await compare(fixture, rooms, invited)
        }
      }),
      { numRuns: 12 },
    )
  })
})

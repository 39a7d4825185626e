import assert from 'node:assert/strict'
import type { TestUser } from '../support/client.ts'
import type { PokeReceiver } from '../support/poke-receiver.ts'
import { eventually } from '../support/eventually.ts'
import type { Fixture } from './random-steps.ts'
import type { Counts, HistoryEvent, Recount } from './recount.ts'

// Compares each count of the server with the recount: incremental /sync of each device, with counts by thread
// and in total; /notifications; and the pokes that the gateway received.

type RoomCounts = { unread: Counts; threads: Map<string, Counts> }
/** The counts that a client shows after its syncs. */
export type Client = {
  client: TestUser
  user: number
  byThread: boolean
  since: string | undefined
  rooms: Map<string, RoomCounts>
}

type SyncCounts = { notification_count: number; highlight_count: number }
type JoinedRoom = {
  unread_notifications: SyncCounts
  unread_thread_notifications?: Record<string, SyncCounts>
}

/** Syncs from the last token and applies the response. */
async function refresh(view: Client): Promise<void> {
  const filter = { room: { timeline: { limit: 1, unread_thread_notifications: view.byThread } } }
  const since = view.since === undefined ? '' : `&since=${view.since}`
  const path = `/sync?timeout=0&filter=${encodeURIComponent(JSON.stringify(filter))}${since}`
  const response = (await view.client.get(path)) as {
    next_batch: string
    rooms?: { join?: Record<string, JoinedRoom>; leave?: Record<string, unknown> }
  }
  view.since = response.next_batch
  for (const roomId of Object.keys(response.rooms?.leave ?? {})) view.rooms.delete(roomId)
  for (const [roomId, room] of Object.entries(response.rooms?.join ?? {})) {
    const threads = Object.entries(room.unread_thread_notifications ?? {}).map(
      ([root, counts]) => [root, countsOf(counts)] as const,
    )
    if (!view.byThread) assert.equal(room.unread_thread_notifications, undefined)
    view.rooms.set(roomId, {
      unread: countsOf(room.unread_notifications),
      threads: new Map(threads.filter(([, { notifications }]) => notifications > 0)),
    })
  }
}

const countsOf = ({ notification_count, highlight_count }: SyncCounts): Counts => ({
  notifications: notification_count,
  highlights: highlight_count,
})
const NONE: Counts = { notifications: 0, highlights: 0 }

export async function compareSyncs(
  fixture: Fixture,
  clients: readonly Client[],
  after: string,
): Promise<void> {
  await Promise.all(
    clients.map(async (view) => {
      await refresh(view)
      for (const [room, roomId] of fixture.rooms.entries()) {
        const found = view.rooms.get(roomId) ?? { unread: NONE, threads: new Map() }
        const message = `counts of ${view.client.userId} in room ${room}, ${view.byThread ? 'by thread' : 'in total'}, after ${after}`
        assert.deepEqual(found, expectedCounts(fixture.model, view, room), message)
      }
    }),
  )
}

function expectedCounts(model: Recount, { user, byThread }: Client, room: number): RoomCounts {
  const unread = model.unread(user, room)
  if (byThread) {
    const main = unread.get('main') ?? NONE
    unread.delete('main')
    return { unread: main, threads: unread }
  }
  const all = [...unread.values()]
  const total = (of: (counts: Counts) => number) => all.reduce((sum, counts) => sum + of(counts), 0)
  return {
    unread: { notifications: total((one) => one.notifications), highlights: total((one) => one.highlights) },
    threads: new Map(),
  }
}

type Listed = { event: { event_id: string }; read: boolean; actions: unknown[] }

export async function compareLists(fixture: Fixture, after: string): Promise<void> {
  await Promise.all(
    fixture.devices.map(async ([client], user) => {
      const { notifications } = ((await client?.get('/notifications?limit=100')) ?? {}) as {
        notifications: Listed[]
      }
      const listed = notifications.map(({ event, read, actions }) => ({
        eventId: event.event_id,
        read,
        isHighlight: actions.some(isHighlight),
      }))
      const expected = fixture.model
        .notified(user)
        .map(({ event, isRead }) => ({
          eventId: event.eventId,
          read: isRead,
          isHighlight: event.outcomes[user] === 'highlight',
        }))
        .toReversed()
        .slice(0, 100)
      assert.deepEqual(listed, expected, `the notifications of ${client?.userId} after ${after}`)
    }),
  )
}

const isHighlight = (action: unknown) =>
  typeof action === 'object' &&
  action !== null &&
  (action as { set_tweak?: string }).set_tweak === 'highlight' &&
  (action as { value?: boolean }).value !== false

/** The event pokes that the gateway must have received, each as `pushkey eventId`. */
export type ExpectedPokes = { events: string[] }

export type BadgeMeaning = 'rooms' | 'messages'

/**
 * Waits until the gateway has received the pokes of the step: one for each event and pusher, and one with the
 * badge where the badge is smaller than before, or is another one because the step has changed the ignored
 * users. A pusher that a device rule silences receives a larger badge with its next poke.
 */
export async function compareGateway(
  { model }: Fixture,
  gateway: PokeReceiver,
  pokes: ExpectedPokes,
  step: {
    events: readonly HistoryEvent[]
    badgesBefore: readonly number[]
    meaning: BadgeMeaning
    kind: string
    /** For the message of a failure. */
    after: string
  },
): Promise<void> {
  const poked = step.events.flatMap((event) =>
    model.pokedFor(event).map(({ user, pushkey }) => ({ user, pushkey, eventId: event.eventId })),
  )
  pokes.events.push(...poked.map(({ pushkey, eventId }) => `${pushkey} ${eventId}`))
  for (const [user, state] of model.users.entries()) {
    const badge = model.badge(user, step.meaning)
    for (const pusher of state.pushers) {
      const isPoked = poked.some(({ pushkey }) => pushkey === pusher.pushkey)
      const before = step.badgesBefore[user] ?? 0
      // Unread events of a user who is no longer ignored come back without a poke of their own.
      if (isPoked || badge < before || (step.kind === 'ignore' && badge !== before)) pusher.badge = badge
    }
  }
  const pushers = model.users.flatMap((state) => state.pushers)
  const received = () => ({
    events: gateway.pokes.flatMap(({ event_id: id, devices }) =>
      id ? [`${devices[0]?.pushkey} ${id}`] : [],
    ),
    badges: pushers.map(({ pushkey }) => [pushkey, lastBadge(gateway, pushkey)]),
  })
  const expected = {
    events: [...pokes.events].sort(),
    badges: pushers.map(({ pushkey, badge }) => [pushkey, badge]),
  }
  const found = () => {
    const { events, badges } = received()
    return { events: events.sort(), badges }
  }
  const deadline = AbortSignal.timeout(120_000)
  await eventually(() => deadline.aborted || JSON.stringify(found()) === JSON.stringify(expected))
  assert.deepEqual(found(), expected, `pokes after ${step.after}`)
}

function lastBadge(gateway: PokeReceiver, pushkey: string): number | undefined {
  const last = gateway.pokes.findLast(({ devices }) => devices[0]?.pushkey === pushkey)
  return last && (last.counts?.unread ?? 0)
}

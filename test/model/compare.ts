import assert from 'node:assert/strict'
import type { TestUser } from '../support/client.ts'
import type { PokeReceiver } from '../support/poke-receiver.ts'
import { eventually } from '../support/eventually.ts'
import type { Stage } from './play.ts'
import type { Counts, Happening, Recount } from './recount.ts'

// Everything that shows a count, held against the recount: /sync by two devices, from where each of them was, one by thread
// and one in sum; /notifications; and what the gateway was told.

type Shown = { unread: Counts; threads: Map<string, Counts> }
/** What a device shows, from all that its syncs have told it. */
export type Screen = {
  client: TestUser
  who: number
  byThread: boolean
  since: string | undefined
  rooms: Map<string, Shown>
}

type SyncCounts = { notification_count: number; highlight_count: number }
type JoinedRoom = {
  unread_notifications: SyncCounts
  unread_thread_notifications?: Record<string, SyncCounts>
}

/** Syncs on, and notes what a client would show from then on. */
async function refresh(screen: Screen): Promise<void> {
  const filter = { room: { timeline: { limit: 1, unread_thread_notifications: screen.byThread } } }
  const since = screen.since === undefined ? '' : `&since=${screen.since}`
  const path = `/sync?timeout=0&filter=${encodeURIComponent(JSON.stringify(filter))}${since}`
  const answer = (await screen.client.get(path)) as {
    next_batch: string
    rooms?: { join?: Record<string, JoinedRoom>; leave?: Record<string, unknown> }
  }
  screen.since = answer.next_batch
  for (const roomId of Object.keys(answer.rooms?.leave ?? {})) screen.rooms.delete(roomId)
  for (const [roomId, room] of Object.entries(answer.rooms?.join ?? {})) {
    const threads = Object.entries(room.unread_thread_notifications ?? {}).map(
      ([root, counts]) => [root, countsOf(counts)] as const,
    )
    if (!screen.byThread) assert.equal(room.unread_thread_notifications, undefined)
    screen.rooms.set(roomId, {
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

export async function compareScreens(stage: Stage, screens: readonly Screen[], after: string): Promise<void> {
  await Promise.all(
    screens.map(async (screen) => {
      await refresh(screen)
      for (const [room, roomId] of stage.rooms.entries()) {
        const shown = screen.rooms.get(roomId) ?? { unread: NONE, threads: new Map() }
        const what = `what ${screen.client.userId} is shown of room ${room}, ${screen.byThread ? 'by thread' : 'in sum'}, after ${after}`
        assert.deepEqual(shown, wanted(stage.model, screen, room), what)
      }
    }),
  )
}

function wanted(model: Recount, { who, byThread }: Screen, room: number): Shown {
  const unread = model.unread(who, room)
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

export async function compareLists(stage: Stage, after: string): Promise<void> {
  await Promise.all(
    stage.devices.map(async ([client], who) => {
      const { notifications } = ((await client?.get('/notifications?limit=100')) ?? {}) as {
        notifications: Listed[]
      }
      const listed = notifications.map(({ event, read, actions }) => ({
        eventId: event.event_id,
        read,
        isHighlight: actions.some(isHighlight),
      }))
      const expected = stage.model
        .notified(who)
        .map(({ event, isRead }) => ({
          eventId: event.eventId,
          read: isRead,
          isHighlight: event.outcomes[who] === 'highlight',
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

/** What the gateway has been told until now, and is to have been told. */
export type Told = { events: string[]; seen: number }

export type BadgeMeaning = 'rooms' | 'messages'

/**
 * Waits until the gateway was told what the step was for it: each event once to each pusher that it is for, and the badge wherever it
 * is less than before. A pusher that a rule of its device keeps silent hears of the larger number with its next poke.
 */
export async function compareGateway(
  { model }: Stage,
  gateway: PokeReceiver,
  told: Told,
  step: {
    events: readonly Happening[]
    badgesBefore: readonly number[]
    meaning: BadgeMeaning
    after: string
  },
): Promise<void> {
  const poked = step.events.flatMap((event) =>
    model.pokedFor(event).map(({ who, pushkey }) => ({ who, pushkey, eventId: event.eventId })),
  )
  told.events.push(...poked.map(({ pushkey, eventId }) => `${pushkey} ${eventId}`))
  for (const [who, person] of model.people.entries()) {
    const badge = model.badge(who, step.meaning)
    for (const pusher of person.pushers) {
      const isPoked = poked.some(({ pushkey }) => pushkey === pusher.pushkey)
      if (isPoked || badge < (step.badgesBefore[who] ?? 0)) pusher.told = badge
    }
  }
  const pushers = model.people.flatMap((person) => person.pushers)
  const look = () => ({
    events: gateway.pokes.flatMap(({ event_id: id, devices }) =>
      id ? [`${devices[0]?.pushkey} ${id}`] : [],
    ),
    badges: pushers.map(({ pushkey }) => [pushkey, lastTold(gateway, pushkey)]),
  })
  const expected = {
    events: [...told.events].sort(),
    badges: pushers.map(({ pushkey, told: number }) => [pushkey, number]),
  }
  const found = () => {
    const { events, badges } = look()
    return { events: events.sort(), badges }
  }
  const patience = AbortSignal.timeout(120_000)
  await eventually(() => patience.aborted || JSON.stringify(found()) === JSON.stringify(expected))
  assert.deepEqual(found(), expected, `what the gateway was told after ${step.after}`)
}

function lastTold(gateway: PokeReceiver, pushkey: string): number | undefined {
  const last = gateway.pokes.findLast(({ devices }) => devices[0]?.pushkey === pushkey)
  return last && (last.counts?.unread ?? 0)
}

import type { RoomId, UserId } from '../lib/ids.ts'
import { serverPositionAtTime } from '../rooms/event-by-time-store.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import { highest, type StreamPoint } from '../storage/stream-point.ts'
import { type DeviceState, ENDED } from '../trace/device-state.ts'
import type { KnownPusher } from './journey-pushers.ts'
import { eventsConcerning, eventsConcerningInRoom, eventsEnded, eventsQueued } from './journey-list-store.ts'

/** Which journeys of a user are listed. An absent filter leaves out nothing. */
export type JourneyFilter = {
  /** At least one device has one of these states. */
  states?: ReadonlySet<DeviceState> | undefined
  /**
   * The id of a pusher: the filter for states applies to it. Without that filter: it existed at the time of
   * the event.
   */
  device?: number | undefined
  roomId?: RoomId | undefined
  /** Milliseconds since the Unix epoch. */
  since: number
}

/** The next positions, newest first. `isLast`: there are no more. */
export type Positions = { positions: number[]; isLast: boolean }

/**
 * Reads positions of events below `before`, about `count` of them, newest first. They can contain events that
 * do not match.
 */
export type PositionReader = (before: number, count: number) => Promise<Positions>

type Wanted = { userId: UserId; filter: JourneyFilter; pushers: readonly KnownPusher[] }

/** States that only a queued event has. */
const QUEUED: ReadonlySet<DeviceState> = new Set(['waiting', 'held', 'failing'])

/**
 * A reader of the events that can match, from the smallest source: the rows of the pushers, if only queued
 * events and events that were not sent are wanted, else the events that concern the user.
 */
export async function positionReader(q: Queries, wanted: Wanted): Promise<PositionReader> {
  const { states, device, since } = wanted.filter
  const found = await q.first(serverPositionAtTime, { ts: since })
  const low = (found?.position ?? 0) - 1
  if (states !== undefined && [...states].every((state) => QUEUED.has(state) || ENDED.has(state))) {
    const pusherIds = wanted.pushers.map(({ pusherId }) => pusherId).filter((id) => (device ?? id) === id)
    return pusherReader(q, {
      pusherIds,
      low,
      sources: [
        ...([...states].some((state) => QUEUED.has(state)) ? [eventsQueued] : []),
        ...([...states].some((state) => ENDED.has(state)) ? [eventsEnded] : []),
      ],
    })
  }
  return eventReader(q, { ...wanted, low, last: await currentPoint(q) })
}

type PusherSources = { pusherIds: readonly number[]; low: number; sources: readonly (typeof eventsQueued)[] }

/** Reads the queues of pushers, or their events that were not sent, or both. */
const pusherReader =
  (q: Queries, { pusherIds, low, sources }: PusherSources): PositionReader =>
  async (before, limit) => {
    const found = new Set<number>()
    let isLast = true
    for (const source of sources) {
      const rows = await q.all(source, { pusherIds, low, before, limit })
      for (const { position } of rows) found.add(position)
      if (rows.length === limit) isLast = false
    }
    const positions = [...found].toSorted((a, b) => b - a)
    return { positions: positions.slice(0, limit), isLast: isLast && positions.length <= limit }
  }

/**
 * The first range has this many positions of each shard for each wanted event. The next ranges follow the
 * density of events that was found.
 */
const POSITIONS_PER_EVENT = 2
const GROWTH = 8

/**
 * The positions of a server belong to many users, so the events of one user are searched in ranges that grow
 * until there are enough. Each range costs one look-up for each room, and reads the events of these rooms in
 * it.
 */
function eventReader(q: Queries, of: Wanted & { low: number; last: StreamPoint }): PositionReader {
  const { userId, filter, low: lowest, last } = of
  const positionsPerEvent = POSITIONS_PER_EVENT * last.length
  let width = 0
  return async (start, count) => {
    width ||= count * positionsPerEvent
    const positions: number[] = []
    const top = Math.min(start, highest(last) + 1)
    let before = top
    while (before - 1 > lowest) {
      const limit = count - positions.length
      const low = Math.max(lowest, before - 1 - width)
      const range = { userId, low, before, limit }
      const { roomId } = filter
      const rows = await (roomId === undefined
        ? q.all(eventsConcerning, range)
        : q.all(eventsConcerningInRoom, { ...range, roomId }))
      positions.push(...rows.map(({ position }) => position))
      if (rows.length === limit) {
        width = POSITIONS_PER_EVENT * (top - (positions.at(-1) ?? low))
        return { positions, isLast: false }
      }
      if (rows.length < limit / 2) width *= GROWTH
      before = low + 1
    }
    return { positions, isLast: true }
  }
}

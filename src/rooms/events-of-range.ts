import type { RoomId } from '../lib/ids.ts'
import { type StreamPoint, positionIn } from '../storage/stream-point.ts'
import type { EventRow } from './event-row.ts'
import type { LatestRange } from './timeline-store.ts'

/**
 * All events after a point up to another one, of all rooms, and the member events of their senders at its
 * end. Both were read together, so their rooms need no further statement.
 */
export type EventsOfRange = {
  /** The result of `latestOfRooms`; undefined: other events are needed. */
  latest(ranges: readonly LatestRange[]): EventRow[][] | undefined
  /** The rows of the member events of these users at `position`; undefined: other events are needed. */
  members(
    rooms: readonly { roomId: RoomId; position: number; userIds: readonly string[] }[],
  ): EventRow[] | undefined
}

/** @param rows the events in the range and the current member events of their senders, in any order, each once */
export function eventsOfRange(
  rows: readonly EventRow[],
  { since, position }: { since: StreamPoint; position: StreamPoint },
): EventsOfRange {
  const byRoom = Map.groupBy(
    rows.toSorted((a, b) => b.position - a.position),
    (row) => row.room_id,
  )
  const rowsOf = (roomId: RoomId) => byRoom.get(roomId) ?? []
  const isKnown = ({ from, to }: LatestRange) =>
    from > positionIn(since, to) && to <= positionIn(position, to)
  /** Undefined also for a user without events in the range. */
  const memberOf = (roomId: RoomId, userId: string) =>
    rowsOf(roomId).find(({ type, state_key: key }) => type === 'm.room.member' && key === userId)
  return {
    latest(ranges) {
      if (!ranges.every(isKnown)) return undefined
      return ranges.map(({ roomId, from, to, limit }) =>
        rowsOf(roomId)
          .filter((row) => from <= row.position && row.position <= to)
          .slice(0, limit),
      )
    },
    members(rooms) {
      const found: EventRow[] = []
      for (const { roomId, position: at, userIds } of rooms)
        for (const userId of userIds) {
          const row = at === positionIn(position, at) ? memberOf(roomId, userId) : undefined
          if (row === undefined) return undefined
          found.push(row)
        }
      return found
    },
  }
}

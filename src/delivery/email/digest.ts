import { type EventText, eventTextOf, shownName } from '../../language/event-text.ts'
import type { WordsOf } from '../../language/load-words.ts'
import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import { isInvitationOf } from '../../lib/matrix-event.ts'
import type { PokeDecision } from '../next-poke.ts'
import { namedFor } from '../next-poke.ts'

/** The content of one mail, sorted for display. Each text is one line or a list of lines, and is not escaped. */
export type Digest = {
  rooms: DigestRoom[]
  /** The number of further rooms with unread events. */
  moreRooms: number
  /** The number of waiting events in all listed rooms. */
  events: number
}

export type DigestRoom = {
  roomId: RoomId
  name: string
  /** An event is a highlight. */
  highlight: boolean
  /** Oldest first. */
  events: DigestEvent[]
  /** The number of earlier events that are not listed. */
  more: number
}

export type DigestEvent = EventText & {
  eventId: EventId
  from: string
  /** Milliseconds since the Unix epoch. */
  at: number
  isInvite: boolean
}

/** The most rooms that are listed with their events. */
const SHOWN_ROOMS = 20

const newestAt = ({ events }: DigestRoom) => events.at(-1)?.at ?? 0

type SendDecision = Extract<PokeDecision, { kind: 'send' }>

/** An event to mail, with the number of waiting events in its room. */
export type EventToMail = { verdict: SendDecision; at: number; roomRows: number }

export function digestOf(
  events: readonly EventToMail[],
  { userId, rooms, words }: { userId: UserId; rooms: number; words: WordsOf<'notification'> },
): Digest {
  const byRoom = Map.groupBy(events, ({ verdict }) => verdict.poked.event.roomId)
  const shown = [...byRoom].map(([roomId, ofRoom]) => digestRoom(roomId, ofRoom, { userId, words }))
  const first = shown
    .toSorted(
      (left, right) => Number(right.highlight) - Number(left.highlight) || newestAt(right) - newestAt(left),
    )
    .slice(0, SHOWN_ROOMS)
  const count = shown.reduce((sum, room) => sum + room.events.length + room.more, 0)
  return { rooms: first, moreRooms: Math.max(rooms, shown.length) - first.length, events: count }
}

/** The reader of a mail. */
type Reader = { userId: UserId; words: WordsOf<'notification'> }

function digestRoom(roomId: RoomId, events: readonly EventToMail[], reader: Reader): DigestRoom {
  const inOrder = events.toSorted((left, right) => left.verdict.poked.position - right.verdict.poked.position)
  const rows = inOrder[0]?.roomRows ?? inOrder.length
  return {
    roomId,
    name: roomNameOf(inOrder, reader),
    highlight: events.some(({ verdict }) => verdict.outcome.tweaks['highlight'] === true),
    events: inOrder.map((event) => digestEvent(event, reader.userId)),
    more: Math.max(0, rows - inOrder.length),
  }
}

/** The room name at the newest event. A room of two, and an invitation, have the name of the person. */
function roomNameOf(events: readonly EventToMail[], { userId, words }: Reader): string {
  const newest = events.at(-1)
  if (newest === undefined) return ''
  const { roomName, senderDisplayName, sender } = namedFor(newest.verdict.poked, userId, words)
  return shownName(roomName ?? senderDisplayName ?? sender)
}

function digestEvent({ verdict: { poked }, at }: EventToMail, userId: UserId): DigestEvent {
  const { event } = poked
  return {
    ...eventTextOf(event),
    eventId: event.eventId,
    from: shownName(event.senderDisplayName ?? event.sender),
    at,
    isInvite: isInvitationOf(event, userId),
  }
}

import type { RoomId, UserId } from '../../lib/ids.ts'
import { isInvitationOf } from '../../lib/matrix-event.ts'
import type { PokeDecision } from '../next-poke.ts'
import { namedFor } from '../next-poke.ts'
import { nameForMail, type Said, wordsOf } from './words.ts'

/** What one mail tells, in an order and in words for people. Everything in it is one line or a list of lines, and nothing is escaped. */
export type Digest = {
  rooms: DigestRoom[]
  /** Rooms that have something new beyond those. */
  moreRooms: number
  /** Events that wait in all of them. */
  events: number
}

export type DigestRoom = {
  roomId: RoomId
  name: string
  /** Somebody was meant in person. */
  highlight: boolean
  /** The oldest first. */
  events: DigestEvent[]
  /** So many more, which came before those. */
  more: number
}

export type DigestEvent = Said & {
  from: string
  /** Milliseconds since the Unix epoch. */
  at: number
  isInvite: boolean
}

/** So many rooms are told of in full. */
const SHOWN_ROOMS = 20

const newestAt = ({ events }: DigestRoom) => events.at(-1)?.at ?? 0

type Tell = Extract<PokeDecision, { kind: 'tell' }>

/** An event to tell of, with how many wait in its room. */
export type ToTell = { verdict: Tell; at: number; roomRows: number }

export function digestOf(
  events: readonly ToTell[],
  { userId, rooms }: { userId: UserId; rooms: number },
): Digest {
  const byRoom = Map.groupBy(events, ({ verdict }) => verdict.poked.event.roomId)
  const shown = [...byRoom].map(([roomId, ofRoom]) => digestRoom(roomId, ofRoom, userId))
  const first = shown
    .toSorted(
      (left, right) => Number(right.highlight) - Number(left.highlight) || newestAt(right) - newestAt(left),
    )
    .slice(0, SHOWN_ROOMS)
  const count = shown.reduce((sum, room) => sum + room.events.length + room.more, 0)
  return { rooms: first, moreRooms: Math.max(rooms, shown.length) - first.length, events: count }
}

function digestRoom(roomId: RoomId, events: readonly ToTell[], userId: UserId): DigestRoom {
  const inOrder = events.toSorted((left, right) => left.verdict.poked.position - right.verdict.poked.position)
  const rows = inOrder[0]?.roomRows ?? inOrder.length
  return {
    roomId,
    name: roomNameOf(inOrder, userId),
    highlight: events.some(({ verdict }) => verdict.outcome.tweaks['highlight'] === true),
    events: inOrder.map((event) => digestEvent(event, userId)),
    more: Math.max(0, rows - inOrder.length),
  }
}

/** As the newest event knows it. A room of two, and an invitation, go by the person. */
function roomNameOf(events: readonly ToTell[], userId: UserId): string {
  const newest = events.at(-1)
  if (newest === undefined) return ''
  const { roomName, senderDisplayName, sender } = namedFor(newest.verdict.poked, userId)
  return nameForMail(roomName ?? senderDisplayName ?? sender)
}

function digestEvent({ verdict: { poked }, at }: ToTell, userId: UserId): DigestEvent {
  const { event } = poked
  return {
    ...wordsOf(event),
    from: nameForMail(event.senderDisplayName ?? event.sender),
    at,
    isInvite: isInvitationOf(event, userId),
  }
}

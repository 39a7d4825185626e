import type { RoomId } from '../../../lib/ids.ts'
import {
  isSamePoint,
  lowest,
  parsePoint,
  pointText,
  START,
  type StreamPoint,
} from '../../../storage/stream-point.ts'

/** What the client has of a room on a connection. */
export type SentRoom = {
  /** The client has the latest events of the room, at least this number of them. */
  limit: number
  /** The state that was sent: the text of a `StateFilter`. */
  state: string
  isDm: boolean
  /** The extensions whose data of the room the client has, as bits (`ROOM_EXTENSIONS`). */
  extensions: number
  /** The client has everything up to this point. undefined: up to the point of the response. */
  upTo: StreamPoint | undefined
}

/**
 * The rooms that were sent on a connection. A state is never changed: each response that sends another room,
 * or leaves out news of a sent one, has a new state. Most responses have the state of the one before, because
 * a room with news that are sent stays as it is here.
 */
export type ConnectionState = ReadonlyMap<RoomId, SentRoom>

export const NO_ROOMS: ConnectionState = new Map()

/** `bits`: 1 for a direct room, and the extensions above it. */
type StoredRoom = [roomId: RoomId, limit: number, state: number, bits: number, upTo?: number]
/**
 * With `points`, `upTo` of a room is an index of these texts. Without them the stream has one shard, and it
 * is the position.
 */
type Stored = { states: string[]; rooms: StoredRoom[]; points?: string[] }

/** The size of the text of a room, without its filter. */
const ROOM_CHARS = 40

/**
 * The text of a state in the database. The few distinct filters are stored once.
 * @param maxChars rooms above this size are left out: the client gets them again
 */
export function connectionText(state: ConnectionState, maxChars = Infinity): string {
  const states = new Map<string, number>()
  const points = new Map<string, number>()
  const rooms: StoredRoom[] = []
  let left = maxChars
  for (const [roomId, sent] of state) {
    let at = states.get(sent.state)
    left -= roomId.length + ROOM_CHARS + (at === undefined ? sent.state.length : 0)
    if (left < 0) break
    if (at === undefined) states.set(sent.state, (at = states.size))
    const stored: StoredRoom = [roomId, sent.limit, at, (sent.extensions << 1) | Number(sent.isDm)]
    if (sent.upTo !== undefined) stored[4] = numberOf(sent.upTo, points)
    rooms.push(stored)
  }
  const texts = [...points.keys()]
  left -= JSON.stringify(texts).length
  return JSON.stringify({
    states: [...states.keys()],
    rooms,
    ...(texts.length > 0 && { points: texts }),
  } satisfies Stored)
}

/** The position of a stream with one shard, or the index of the point. */
function numberOf(point: StreamPoint, points: Map<string, number>): number {
  if (point.length === 1) return lowest(point)
  const text = pointText(point)
  const at = points.get(text) ?? points.size
  points.set(text, at)
  return at
}

export function connectionOf(text: string): ConnectionState {
  const { states, rooms, points } = JSON.parse(text) as Stored
  // The rooms with the same text have the same object.
  const parsed = points?.map((point) => parsePoint(point) ?? START)
  const pointOf = (upTo: number) => (parsed === undefined ? [upTo] : (parsed[upTo] ?? START))
  return new Map(
    rooms.map(([roomId, limit, state, bits, upTo]) => [
      roomId,
      {
        limit,
        state: states[state] ?? '[]',
        isDm: (bits & 1) === 1,
        extensions: bits >> 1,
        upTo: upTo === undefined ? undefined : pointOf(upTo),
      },
    ]),
  )
}

export function isSameState(a: ConnectionState, b: ConnectionState): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [roomId, one] of a) {
    const other = b.get(roomId)
    if (one !== other && (other === undefined || !isSameRoom(one, other))) return false
  }
  return true
}

export const isSameRoom = (one: SentRoom, other: SentRoom): boolean =>
  one.limit === other.limit &&
  one.state === other.state &&
  one.isDm === other.isDm &&
  one.extensions === other.extensions &&
  (one.upTo === other.upTo ||
    (one.upTo !== undefined && other.upTo !== undefined && isSamePoint(one.upTo, other.upTo)))

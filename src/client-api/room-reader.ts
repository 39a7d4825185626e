import type { Clock } from '../lib/clock.ts'
import type { RoomId } from '../lib/ids.ts'
import type { Requester } from '../lib/requester.ts'
import { positionInRoom } from '../rooms/room-position.ts'
import { parseToken } from '../rooms/sync/token.ts'
import type { PageReader } from '../rooms/timeline.ts'
import type { Database } from '../storage/database.ts'
import type { StreamPoint } from '../storage/stream-point.ts'

// Shared parts of the endpoints that read a room.

export type RoomReadDeps = { db: Database; clock: Clock; pageBytes: number }

export function readerOf(deps: RoomReadDeps, requester: Requester): PageReader {
  return { viewer: requester, now: deps.clock.now(), pageBytes: deps.pageBytes }
}

/** @throws 400 M_INVALID_PARAM, with the name of the query parameter, when it is not a token of this server */
export function pointOf(token: string | undefined, name: string): StreamPoint | undefined {
  return token ? parseToken(token, name).position : undefined
}

/**
 * The positions of tokens for one room, by the names of their query parameters.
 * @throws as `pointOf`
 */
export function positionsOf<Name extends string>(
  { db }: Pick<RoomReadDeps, 'db'>,
  roomId: RoomId,
  tokens: Readonly<Record<Name, string | undefined>>,
): Record<Name, number | undefined> {
  const positions: Partial<Record<Name, number>> = {}
  for (const name of Object.keys(tokens) as Name[]) {
    const point = pointOf(tokens[name], name)
    if (point) positions[name] = positionInRoom(roomId, point, db.shards)
  }
  return positions as Record<Name, number | undefined>
}

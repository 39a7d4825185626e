import type { Clock } from '../lib/clock.ts'
import type { Requester } from '../lib/requester.ts'
import { parseToken } from '../rooms/sync/token.ts'
import type { PageReader } from '../rooms/timeline.ts'
import type { Database } from '../storage/database.ts'

// Shared parts of the endpoints that read a room.

export type RoomReadDeps = { db: Database; clock: Clock; pageBytes: number }

export function readerOf(deps: RoomReadDeps, requester: Requester): PageReader {
  return { viewer: requester, now: deps.clock.now(), pageBytes: deps.pageBytes }
}

/** @throws 400 M_INVALID_PARAM, with the name of the query parameter, when it is not a token of this server */
export function positionOf(token: string | undefined, name: string): number | undefined {
  return token ? parseToken(token, name).position : undefined
}

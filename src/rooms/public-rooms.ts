import { forbidden, invalidParam, notFound } from '../lib/errors.ts'
import { isRoomId, type RoomId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import type { Requester } from '../lib/requester.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries, Query } from '../storage/query.ts'
import type { RoomDeps } from './deps.ts'
import { levelOf, levelToSend } from './power-levels.ts'
import { type ListPlace, publicRoomCount, publicRoomsAfter, publicRoomsBefore } from './public-rooms-store.ts'
import { plainTopic, type PublishedRoom, publishedRoom, roomFacts } from './room-facts.ts'
import { publishRoom, roomById } from './room-store.ts'
import { viewRoom } from './room-view.ts'

// The public room list (client-server API, "Published Room Directory").

export type PublicRoomsRequest = {
  limit: number
  /** A `next_batch` or `prev_batch`. */
  since: string | undefined
  /** A part of the name, the topic or the canonical alias, in any case. */
  term?: string | undefined
  /** null: ordinary rooms. Absent: all types. */
  roomTypes?: readonly (string | null)[] | undefined
}

export type PublicRoomsPage = {
  chunk: PublishedRoom[]
  next_batch?: string
  prev_batch?: string
  total_room_count_estimate: number
}

const BATCH = 200
/** The rooms that one request with a filter reads. The next page continues there. */
const MAX_READ = 2000

/**
 * One page of the list, the rooms with the most members first. A page can have fewer rooms than `limit` when
 * a filter matches few; only a page without `next_batch` is the last.
 * @throws MatrixError 400 `M_INVALID_PARAM` for an invalid `since`
 */
export async function listPublicRooms(q: Queries, request: PublicRoomsRequest): Promise<PublicRoomsPage> {
  const start = placeIn(request.since)
  const { found, end, hasMore } = await search(q, request, start)
  const rows = start.isBackwards ? found.toReversed() : found
  const facts = await roomFacts(
    q,
    rows.map((row) => row.room_id),
  )
  const chunk = rows.flatMap((row) => facts.get(row.room_id) ?? []).map(publishedRoom)
  const { count = 0 } = (await q.first(publicRoomCount, {})) ?? {}
  const edges = start.isBackwards
    ? { first: hasMore ? end : undefined, last: placeOf(rows.at(-1)) ?? start.place }
    : {
        first: request.since === undefined ? undefined : (placeOf(rows[0]) ?? end),
        last: hasMore ? end : undefined,
      }
  return {
    chunk,
    ...(edges.last && { next_batch: tokenOf('n', edges.last) }),
    ...(edges.first && { prev_batch: tokenOf('p', edges.first) }),
    total_room_count_estimate: count,
  }
}

type Row = typeof publicRoomsAfter extends Query<infer _P, infer R> ? R : never
type Start = { place: ListPlace; isBackwards: boolean }

/** The matching rooms from a place on, in the direction of the search. `end`: the last room that was read. */
async function search(
  q: Queries,
  request: PublicRoomsRequest,
  { place, isBackwards }: Start,
): Promise<{ found: Row[]; end: ListPlace; hasMore: boolean }> {
  const next = isBackwards ? publicRoomsBefore : publicRoomsAfter
  const found: Row[] = []
  let end = place
  for (let read = 0; read < MAX_READ;) {
    const limit = request.term || request.roomTypes ? BATCH : Math.min(BATCH, request.limit + 1)
    const rows = await q.all(next, { ...end, limit })
    for (const row of rows) {
      if (matches(row, request)) {
        if (found.length >= request.limit) return { found, end, hasMore: true }
        found.push(row)
      }
      end = { members: row.joined_count, roomId: row.room_id }
    }
    read += rows.length
    if (rows.length < limit) return { found, end, hasMore: false }
  }
  return { found, end, hasMore: true }
}

function matches(row: Row, { term, roomTypes }: PublicRoomsRequest): boolean {
  if (roomTypes && !roomTypes.includes(row.room_type)) return false
  const wanted = term?.trim().toLowerCase() ?? ''
  if (wanted === '') return true
  const topic = row.topic === null ? undefined : plainTopic(parseStored(row.topic))
  return [row.name, row.canonical_alias, topic].some((text) => text?.toLowerCase().includes(wanted))
}

const placeOf = (row: Row | undefined): ListPlace | undefined =>
  row && { members: row.joined_count, roomId: row.room_id }

const tokenOf = (direction: 'n' | 'p', { members, roomId }: ListPlace) => `${direction}${members}_${roomId}`

function placeIn(since: string | undefined): Start {
  // Greater than every room id: it begins with "!".
  if (since === undefined)
    return { place: { members: Number.MAX_SAFE_INTEGER, roomId: '~' }, isBackwards: false }
  const [, direction, members, roomId = ''] = /^([np])(\d{1,15})_(.+)$/s.exec(since) ?? []
  if (direction === undefined || !isRoomId(roomId))
    throw invalidParam('since must be a next_batch or prev_batch of an earlier response')
  return { place: { members: Number(members), roomId }, isBackwards: direction === 'p' }
}

/** @throws MatrixError 404 when the room does not exist */
export async function isPublished(q: Queries, roomId: RoomId): Promise<boolean> {
  const room = await q.first(roomById, { roomId })
  if (!room) throw noSuchRoom()
  return room.is_public === 1
}

/**
 * Puts a room into the list, or removes it. Allowed for members who may set the canonical alias, and for
 * administrators of the server.
 * @throws MatrixError 403; 404 when the room does not exist
 */
export async function setPublished(
  deps: Pick<RoomDeps, 'db'>,
  requester: Pick<Requester, 'userId' | 'isAdmin'>,
  { roomId, isPublic }: { roomId: RoomId; isPublic: boolean },
): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      if (!requester.isAdmin) await checkMayPublish(tx, requester, roomId)
      else if (!(await tx.first(roomById, { roomId }))) throw noSuchRoom()
      await tx.run(publishRoom, { roomId, isPublic: isPublic ? 1 : 0 })
    },
    { orderedBy: roomId },
  )
}

async function checkMayPublish(
  tx: Transaction,
  { userId }: Pick<Requester, 'userId'>,
  roomId: RoomId,
): Promise<void> {
  const type = 'm.room.canonical_alias'
  const room = await viewRoom(tx, { roomId, sender: userId, type })
  if (!room) throw noSuchRoom()
  if (room.senderMembership !== 'join' || levelOf(room, userId) < levelToSend(room, type, true))
    throw forbidden(
      'Only a member who may set the canonical alias can change whether the room is in the list',
    )
}

const noSuchRoom = () => notFound('There is no room with this id on this server')

import { forbidden, invalidParam } from '../lib/errors.ts'
import { isRoomId, type RoomId, type UserId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, strippedStateEvent } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { roomTypes } from './room-facts-store.ts'
import { type RoomPreview, roomsSeenBy, roomPreview, type SeenRoom } from './room-facts.ts'
import { currentStateOfTypes } from './state-store.ts'
import { isLinked } from './upgrade-state.ts'

// The rooms of a space (client-server API, "Spaces", `GET /rooms/{roomId}/hierarchy`).

export type HierarchyRequest = {
  userId: UserId
  roomId: RoomId
  limit: number
  /** Default: from the token, otherwise all levels up to `MAX_DEPTH`. */
  maxDepth: number | undefined
  /** Default: from the token, otherwise false. */
  suggestedOnly: boolean | undefined
  from: string | undefined
  pageBytes: number
}

export type HierarchyPage = {
  rooms: (RoomPreview & { children_state: JsonObject[] })[]
  nextBatch: string | undefined
}

export const MAX_DEPTH = 20
/** The number of rooms that one request walks through, with those of earlier pages. The hierarchy ends there. */
const MAX_WALKED = 5000
/** The spaces of that number whose rooms are read. Each costs a few statements. */
const MAX_SPACES = 200
/**
 * The size of the `m.space.child` events that a walk reads, also of invalid ones. The walk reads no further
 * space above it.
 */
const MAX_WALK_BYTES = 8_388_608

/**
 * One page of the rooms below a space that the user may see, the space first, each space before its rooms,
 * each room once. A page ends at `limit` rooms or at `pageBytes`, which includes the `m.space.child` events
 * that it leaves out. The token counts the rooms before the page, so a room that is added to an earlier page
 * in the meantime can repeat another one.
 * @throws MatrixError 403 when the user may not see the space; 400 `M_INVALID_PARAM` for an invalid token, or
 *   other parameters than those of the token
 */
export async function readHierarchy(q: Queries, request: HierarchyRequest): Promise<HierarchyPage> {
  const { userId, roomId, limit, pageBytes } = request
  const { skip, ...options } = optionsOf(request)
  const root = (await roomsSeenBy(q, userId, [roomId])).get(roomId)
  if (!root) throw forbidden('There is no space with this id that you may see')
  const walk = createWalk({ q, userId, options })
  const entries = await walk.collect(root, skip + limit + 1)
  const page = entries.slice(skip, skip + limit)
  const seen = await roomsSeenBy(q, userId, page)
  const rooms: HierarchyPage['rooms'] = []
  let bytes = 0
  let taken = 0
  for (const id of page) {
    const room = seen.get(id)
    if (room) {
      const children = await childrenOf(q, room, options)
      const summary = { ...roomPreview(room), children_state: children.events.map(childState) }
      bytes += sizeOf({ ...summary, children_state: [] }) + children.bytes
      if (rooms.length > 0 && bytes > pageBytes) break
      rooms.push(summary)
    }
    taken++
  }
  const next = skip + taken
  return { rooms, nextBatch: next < entries.length ? tokenOf({ ...options, skip: next }) : undefined }
}

type Options = { maxDepth: number; suggestedOnly: boolean }

type Reader = { q: Queries; userId: UserId; options: Options }

/**
 * The events of the rooms of a space, in order; none for another room. `bytes`: the size of all events that
 * were read.
 */
async function childrenOf(
  q: Queries,
  { roomId, roomType }: SeenRoom,
  { suggestedOnly }: Options,
): Promise<{ events: readonly Event[]; bytes: number }> {
  if (roomType !== 'm.space') return { events: [], bytes: 0 }
  const all = await currentStateOfTypes(q, roomId, ['m.space.child'])
  const bytes = all.reduce((sum, event) => sum + sizeOf(event), 0)
  return { events: childrenInOrder(all, suggestedOnly), bytes }
}

/**
 * A walk through the tree, depth first. It reads only the rooms of spaces that the user may see, and keeps
 * only their ids.
 */
function createWalk({ q, userId, options }: Reader) {
  const visited = new Set<RoomId>()
  let spacesRead = 0
  let bytesRead = 0

  /** The first rooms of a space that are not visited yet. */
  async function freshIn(space: SeenRoom, count: number): Promise<RoomId[]> {
    const { events, bytes } = await childrenOf(q, space, options)
    spacesRead++
    bytesRead += bytes
    return events
      .map((event) => event.stateKey as RoomId)
      .filter((id) => !visited.has(id))
      .slice(0, count)
  }

  async function spacesAmong(roomIds: readonly RoomId[]): Promise<Map<RoomId, SeenRoom>> {
    if (roomIds.length === 0) return new Map()
    const typed = await q.all(roomTypes, { roomIds })
    const spaces = typed.filter((row) => row.room_type === 'm.space').map((row) => row.room_id)
    return roomsSeenBy(q, userId, spaces)
  }

  /** Visits the rooms below a space until `needed` rooms are visited. */
  async function visitBelow(space: SeenRoom, depth: number, needed: number): Promise<void> {
    if (depth >= options.maxDepth || spacesRead >= MAX_SPACES || bytesRead >= MAX_WALK_BYTES) return
    const fresh = await freshIn(space, needed - visited.size)
    const spaces = await spacesAmong(fresh)
    for (const id of fresh) {
      if (visited.size >= needed) return
      if (visited.has(id)) continue
      visited.add(id)
      const inner = spaces.get(id)
      if (inner) await visitBelow(inner, depth + 1, needed)
    }
  }

  return {
    /** The first rooms of the tree in order, also those that the user may not see. */
    async collect(root: SeenRoom, count: number): Promise<readonly RoomId[]> {
      const needed = Math.min(count, MAX_WALKED)
      visited.add(root.roomId)
      await visitBelow(root, 0, needed)
      return [...visited]
    },
  }
}

/**
 * The valid children of a space: first those with an `order`, then by time ("Ordering of children within a
 * space"). Pure.
 */
export function childrenInOrder(events: readonly Event[], suggestedOnly: boolean): Event[] {
  return events
    .filter(({ stateKey, content }) => stateKey !== null && isRoomId(stateKey) && isLinked(content))
    .filter(({ content }) => !suggestedOnly || content['suggested'] === true)
    .map((event) => ({ event, order: orderOf(event) }))
    .toSorted((a, b) => {
      if (a.order !== b.order) {
        if (a.order === undefined) return 1
        if (b.order === undefined) return -1
        return a.order < b.order ? -1 : 1
      }
      const byTime = a.event.originServerTs - b.event.originServerTs
      return byTime === 0 ? ((a.event.stateKey ?? '') < (b.event.stateKey ?? '') ? -1 : 1) : byTime
    })
    .map(({ event }) => event)
}

/** Up to 50 printable ASCII characters (client-server API, "m.space.child"); another value counts as absent. */
function orderOf({ content }: Event): string | undefined {
  const { order } = content
  return typeof order === 'string' && /^[\x20-\x7e]{1,50}$/.test(order) ? order : undefined
}

const childState = (event: Event): JsonObject => ({
  ...strippedStateEvent(event),
  origin_server_ts: event.originServerTs,
})

const tokenOf = ({ skip, maxDepth, suggestedOnly }: Options & { skip: number }) =>
  `h${skip}_${maxDepth}_${suggestedOnly ? 's' : 'a'}`

function optionsOf({ from, maxDepth, suggestedOnly }: HierarchyRequest): Options & { skip: number } {
  const depth = maxDepth === undefined ? undefined : Math.min(maxDepth, MAX_DEPTH)
  if (from === undefined)
    return { skip: 0, maxDepth: depth ?? MAX_DEPTH, suggestedOnly: suggestedOnly ?? false }
  const [, skip, ofToken, kind] = /^h(\d{1,6})_(\d{1,2})_([sa])$/.exec(from) ?? []
  if (skip === undefined) throw invalidParam('from must be a next_batch of an earlier response')
  const options = { maxDepth: Number(ofToken), suggestedOnly: kind === 's' }
  if (depth !== undefined && depth !== options.maxDepth)
    throw invalidParam('max_depth must be the same for all pages')
  if (suggestedOnly !== undefined && suggestedOnly !== options.suggestedOnly)
    throw invalidParam('suggested_only must be the same for all pages')
  return { ...options, maxDepth: Math.min(options.maxDepth, MAX_DEPTH), skip: Number(skip) }
}

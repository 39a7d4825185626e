import { z } from 'zod'
import { named } from '../../http/response.ts'
import { roomId as roomIdOf, userId as userIdOf } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { queryBoolean } from '../../http/schema.ts'
import { notFound } from '../../lib/errors.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import { clientEvent } from '../../lib/matrix-event.ts'
import { once } from '../../lib/once.ts'
import type { RoomDeps } from '../../rooms/deps.ts'
import { currentState } from '../../rooms/state-store.ts'
import type { Database } from '../../storage/database.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { containing, flag, nextPage, pageQuery } from './paging.ts'
import { contentOf } from './room-state.ts'
import { countRooms, joinedMembers, roomDetails, roomsAscending, roomsDescending } from './room-store.ts'

const roomKeys = () => ({
  room_id: roomIdOf(),
  name: z.string().nullable(),
  canonical_alias: z.string().nullable(),
  joined_members: z.int(),
  joined_local_members: z.int(),
  version: z.string(),
  creator: userIdOf(),
  encryption: z.string().nullable().describe('The algorithm'),
  federatable: z.literal(false),
  public: z.boolean(),
  join_rules: z.string().nullable(),
  guest_access: z.null(),
  history_visibility: z.string().nullable(),
  state_events: z.int(),
  room_type: z.string().nullable(),
})
const listedRoom = named('AdminListedRoom', () => z.strictObject(roomKeys()))
const roomList = named('AdminRoomList', () =>
  z.strictObject({
    rooms: z.array(listedRoom()),
    offset: z.int(),
    total_rooms: z.int(),
    next_batch: z.int().optional(),
    prev_batch: z.int().optional(),
  }),
)
const details = named('AdminRoom', () =>
  z.strictObject({
    ...roomKeys(),
    topic: z.string().nullable(),
    avatar: z.string().nullable(),
    joined_local_devices: z.int(),
    forgotten: z.boolean(),
  }),
)
const members = once(() => z.strictObject({ members: z.array(userIdOf()), total: z.int() }))
const state = once(() =>
  z.strictObject({ state: z.array(z.record(z.string(), z.json()) as unknown as z.ZodType<JsonObject>) }),
)

const listQuery = z.object({
  ...pageQuery,
  search_term: z.string().default(''),
  public_rooms: queryBoolean.optional(),
  empty_rooms: queryBoolean.optional(),
  order_by: z
    .enum([
      'alphabetical',
      'name',
      'size',
      'joined_members',
      'joined_local_members',
      'canonical_alias',
      'version',
      'creator',
      'encryption',
      'federatable',
      'public',
      'join_rules',
      'guest_access',
      'history_visibility',
      'state_events',
    ])
    .default('name')
    .transform((order) => SAME_ORDER[order] ?? order),
})
/** Older names, and what is the same on a server that does not federate. */
const SAME_ORDER: Readonly<Record<string, string>> = {
  alphabetical: 'name',
  size: 'joined_members',
  joined_local_members: 'joined_members',
}

/** The rooms in Synapse's admin API. */
export function roomRoutes({ db }: Pick<RoomDeps, 'db'>): Route[] {
  return [listRoute(db), detailsRoute(db), ...readingRoutes(db)]
}

function listRoute(db: Database): Route {
  return defineAdminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/rooms',
    query: listQuery,
    summary: 'The rooms of the server',
    response: { 200: roomList },
    handler: ({ query }) =>
      db.snapshot(async (q) => {
        const { from, limit, order_by: orderBy, search_term: term } = query
        const filter = {
          pattern: containing(term.toLowerCase()),
          exact: containing(term),
          isPublic: flag(query.public_rooms),
          isEmpty: flag(query.empty_rooms),
        }
        const list = query.dir === 'f' ? roomsAscending : roomsDescending
        const rows = await q.all(list, { ...filter, from, limit, orderBy })
        const total = Number((await q.first(countRooms, filter))?.count ?? 0)
        return {
          rooms: rows.map(roomView),
          offset: from,
          total_rooms: total,
          ...nextPage('next_batch', { from, total, count: rows.length }),
          ...(from > 0 && { prev_batch: Math.max(0, from - limit) }),
        }
      }),
  })
}

type ViewedRoom = {
  room_id: RoomId
  name: string | null
  canonical_alias: string | null
  joined_count: number
  version: string
  creator: UserId
  is_encrypted: 0 | 1
  is_public: 0 | 1
  join_rule: string | null
  history_visibility: string | null
  state_events: number
  room_type: string | null
}

/** The algorithm is shown as the one that every client uses: the list does not read the state. */
const roomView = (row: ViewedRoom) => ({
  room_id: row.room_id,
  name: row.name,
  canonical_alias: row.canonical_alias,
  joined_members: row.joined_count,
  joined_local_members: row.joined_count,
  version: row.version,
  creator: row.creator,
  encryption: row.is_encrypted === 1 ? 'm.megolm.v1.aes-sha2' : null,
  federatable: false as const,
  public: row.is_public === 1,
  join_rules: row.join_rule,
  guest_access: null,
  history_visibility: row.history_visibility,
  state_events: row.state_events,
  room_type: row.room_type,
})

function detailsRoute(db: Database): Route {
  return defineAdminRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/rooms/:roomId',
    summary: 'A room of the server',
    response: { 200: details },
    handler: ({ params: { roomId } }) =>
      db.snapshot(async (q) => {
        const row = await q.first(roomDetails, { roomId })
        if (row === undefined) throw notFound(`There is no room ${roomId}`)
        const topic = await contentOf(q, { roomId, type: 'm.room.topic', key: 'topic' })
        const encryption = await contentOf(q, { roomId, type: 'm.room.encryption', key: 'algorithm' })
        return {
          ...roomView(row),
          encryption: row.is_encrypted === 1 ? encryption : null,
          topic,
          avatar: row.avatar_url,
          joined_local_devices: Number(row.devices ?? 0),
          forgotten: Number(row.remembered ?? 0) === 0,
        }
      }),
  })
}

function readingRoutes(db: Database): Route[] {
  return [
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/members',
      summary: 'The joined members of a room',
      response: { 200: members },
      async handler({ params: { roomId } }) {
        await requireRoom(db, roomId)
        const rows = await db.all(joinedMembers, { roomId })
        return { members: rows.map((row) => row.user_id), total: rows.length }
      },
    }),
    defineAdminRoute({
      method: 'GET',
      path: '/_synapse/admin/v1/rooms/:roomId/state',
      query: z.object({ type: z.string().optional() }),
      summary: 'The state of a room',
      response: { 200: state },
      async handler({ params: { roomId }, query: { type }, requester }) {
        await requireRoom(db, roomId)
        const events = (await currentState(db, roomId)).filter((event) => (type ?? event.type) === event.type)
        const viewer = { userId: requester.userId, deviceId: null }
        return { state: events.map((event) => clientEvent(event, { viewer, now: Date.now() })) }
      },
    }),
  ]
}

/** @throws MatrixError 404 */
export async function requireRoom(db: Database, roomId: RoomId): Promise<void> {
  if ((await db.first(roomDetails, { roomId })) === undefined) throw notFound(`There is no room ${roomId}`)
}

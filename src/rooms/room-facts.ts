import type { RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { joinRuleOf } from './authorise-member.ts'
import { allowedRooms } from './restricted-join.ts'
import { membershipsAmong, roomsByIds } from './room-facts-store.ts'
import { currentStateOfRooms } from './state-store.ts'

/** What a user who is not in a room can learn about it: its summary, and whether they may see the summary. */
export type RoomFacts = {
  roomId: RoomId
  version: string
  joinedCount: number
  name: string | null
  canonicalAlias: string | null
  avatarUrl: string | null
  roomType: string | null
  topic: string | undefined
  joinRule: string
  /** For restricted rooms: the rooms whose members may join. */
  allowedRoomIds: readonly RoomId[]
  isWorldReadable: boolean
  canGuestsJoin: boolean
  encryption: string | undefined
  isPublished: boolean
}

const TYPES = [
  'm.room.topic',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.encryption',
]

/** The facts about rooms by id; a room that does not exist is absent. Two statements for any number of rooms. */
export async function roomFacts(q: Queries, roomIds: readonly RoomId[]): Promise<Map<RoomId, RoomFacts>> {
  if (roomIds.length === 0) return new Map()
  const rows = await q.all(roomsByIds, { roomIds })
  const states = await currentStateOfRooms(q, roomIds, TYPES)
  return new Map(
    rows.map((row) => {
      const state = stateIn(states.get(row.room_id) ?? [])
      const joinRules = state('m.room.join_rules')
      const joinRule = joinRuleOf({ joinRules })
      const algorithm = state('m.room.encryption')?.['algorithm']
      return [
        row.room_id,
        {
          roomId: row.room_id,
          version: row.version,
          joinedCount: row.joined_count,
          name: row.name,
          canonicalAlias: row.canonical_alias,
          avatarUrl: row.avatar_url,
          roomType: row.room_type,
          topic: plainTopic(state('m.room.topic')),
          joinRule,
          allowedRoomIds: isRestricted(joinRule) ? allowedRooms(joinRules) : [],
          isWorldReadable: state('m.room.history_visibility')?.['history_visibility'] === 'world_readable',
          canGuestsJoin: state('m.room.guest_access')?.['guest_access'] === 'can_join',
          encryption: row.is_encrypted === 1 && typeof algorithm === 'string' ? algorithm : undefined,
          isPublished: row.is_public === 1,
        },
      ]
    }),
  )
}

function stateIn(events: readonly Event[]) {
  return (type: string) => events.find((event) => event.type === type && event.stateKey === '')?.content
}

/**
 * The topic as plain text (client-server API, "m.room.topic"): the first `text/plain` of `m.topic`, or
 * `topic` if there is no `m.topic`.
 */
export function plainTopic(content: JsonObject | undefined): string | undefined {
  const rich = content?.['m.topic']
  const texts = isJsonObject(rich) ? rich['m.text'] : undefined
  const plain = Array.isArray(texts)
    ? texts.find((one) => isJsonObject(one) && (one['mimetype'] ?? 'text/plain') === 'text/plain')
    : undefined
  const text = Array.isArray(texts) ? isJsonObject(plain) && plain['body'] : content?.['topic']
  return typeof text === 'string' && text !== '' ? text : undefined
}

const isRestricted = (rule: string) => rule === 'restricted' || rule === 'knock_restricted'
/** Everybody may join these rooms, or ask for it. */
const OPEN_RULES: readonly string[] = ['public', 'knock', 'knock_restricted']

/** The facts about rooms that a user may see, by id, with the membership of the user. */
export type SeenRoom = RoomFacts & { membership: Membership | undefined }

/**
 * The rooms of the list whose summary a user may see (client-server API, `GET …/hierarchy`): the user is a
 * member or invited, may join or knock, or the history is world readable. A banned user sees only
 * world-readable rooms. Four statements for any number of rooms.
 */
export async function roomsSeenBy(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, SeenRoom>> {
  const facts = await roomFacts(q, roomIds)
  if (facts.size === 0) return new Map()
  const memberships = await membershipsOf(q, userId, [...facts.keys()])
  const allowing = [...facts.values()].flatMap((room) => room.allowedRoomIds)
  const joined = allowing.length === 0 ? new Map() : await membershipsOf(q, userId, [...new Set(allowing)])
  const seen = [...facts.values()].flatMap((room) => {
    const membership = memberships.get(room.roomId)
    const fulfils = room.allowedRoomIds.some((allowed) => joined.get(allowed) === 'join')
    return maySee(room, membership, fulfils) ? [[room.roomId, { ...room, membership }] as const] : []
  })
  return new Map(seen)
}

function maySee(room: RoomFacts, membership: Membership | undefined, fulfilsCondition: boolean): boolean {
  if (room.isWorldReadable || membership === 'join' || membership === 'invite') return true
  if (membership === 'ban') return false
  return OPEN_RULES.includes(room.joinRule) || fulfilsCondition
}

async function membershipsOf(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, Membership>> {
  const rows = await q.all(membershipsAmong, { userId, roomIds })
  return new Map(rows.map((row) => [row.room_id, row.membership]))
}

/** An entry of the public room list (client-server API, `PublishedRoomsChunk`). */
export type PublishedRoom = {
  room_id: RoomId
  num_joined_members: number
  world_readable: boolean
  guest_can_join: boolean
  join_rule: string
  name?: string
  topic?: string
  canonical_alias?: string
  avatar_url?: string
  room_type?: string
}

export function publishedRoom(room: RoomFacts): PublishedRoom {
  return {
    room_id: room.roomId,
    num_joined_members: room.joinedCount,
    world_readable: room.isWorldReadable,
    guest_can_join: room.canGuestsJoin,
    join_rule: room.joinRule,
    ...(room.name !== null && { name: room.name }),
    ...(room.topic !== undefined && { topic: room.topic }),
    ...(room.canonicalAlias !== null && { canonical_alias: room.canonicalAlias }),
    ...(room.avatarUrl !== null && { avatar_url: room.avatarUrl }),
    ...(room.roomType !== null && { room_type: room.roomType }),
  }
}

/** A room in a summary or a hierarchy (client-server API, `RoomSummary`). */
export type RoomPreview = PublishedRoom & {
  room_version: string
  allowed_room_ids?: readonly RoomId[]
  encryption?: string
}

export function roomPreview(room: RoomFacts): RoomPreview {
  return {
    ...publishedRoom(room),
    room_version: room.version,
    ...(room.allowedRoomIds.length > 0 && { allowed_room_ids: room.allowedRoomIds }),
    ...(room.encryption !== undefined && { encryption: room.encryption }),
  }
}

import { isRoomId, type RoomId, type UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { joinRuleOf } from './authorise-member.ts'
import { integerIn, levelOf, levelToAct, type Powers } from './power-levels.ts'
import { joinedAmong, joinedExcept, joinedOf } from './room-store.ts'
import type { RoomView } from './room-view.ts'

/** The maximum number of rooms in a join rule that are checked. */
const MAX_CONDITIONS = 100

/**
 * For a user without an invitation to a room with the join rule `restricted` or `knock_restricted`: the
 * member who authorises the join, if the user fulfils one of its conditions. undefined: the user needs an
 * invitation or no authorisation.
 */
export async function restrictedJoin(
  q: Queries,
  userId: UserId,
  room: RoomView,
): Promise<UserId | undefined> {
  const rule = joinRuleOf(room)
  if (rule !== 'restricted' && rule !== 'knock_restricted') return undefined
  if (room.targetMembership === 'join' || room.targetMembership === 'invite') return undefined
  const roomIds = allowedRooms(room.joinRules)
  if (roomIds.length === 0 || !(await q.first(joinedAmong, { userId, roomIds }))) return undefined
  return findAuthoriser(q, room)
}

/** The rooms that a join rule names, up to `MAX_CONDITIONS`: their joined members may join. */
export function allowedRooms(joinRules: JsonObject | undefined): RoomId[] {
  const allow = joinRules?.['allow']
  const conditions = Array.isArray(allow) ? allow.slice(0, MAX_CONDITIONS) : []
  return conditions.flatMap((condition) => {
    if (!isJsonObject(condition) || condition['type'] !== 'm.room_membership') return []
    const { room_id: roomId } = condition
    return typeof roomId === 'string' && isRoomId(roomId) ? [roomId] : []
  })
}

/** A joined member whose power level allows invitations. */
async function findAuthoriser(q: Queries, room: RoomView): Promise<UserId | undefined> {
  const needed = levelToAct(room, 'invite')
  const named = namedUsers(room)
  const able = named.filter((userId) => levelOf(room, userId) >= needed)
  const found = await q.first(joinedOf, { roomId: room.roomId, userIds: able })
  if (found) return found.user_id
  const others = integerIn(room.powerLevels, 'users_default') ?? 0
  if (others < needed) return undefined
  return (await q.first(joinedExcept, { roomId: room.roomId, userIds: named }))?.user_id
}

function namedUsers(powers: Powers): UserId[] {
  const users = powers.powerLevels?.['users']
  const named = isJsonObject(users) ? (Object.keys(users) as UserId[]) : []
  return [...new Set([...powers.creators, ...named])]
}

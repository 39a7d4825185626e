import type { RoomId, UserId } from '../../lib/ids.ts'
import { ownStrippedEvent, strippedStateEvent } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { currentStateOfRooms } from '../state-store.ts'
import type { RoomParts } from './joined-room.ts'
import type { RoomPlan } from './plan.ts'
import { membersOfRoomsAt } from './state-store.ts'

/** State that a user may know before joining (client-server API, "Stripped state"). */
const STRIPPED = [
  'm.room.create',
  'm.room.join_rules',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.canonical_alias',
  'm.room.encryption',
]

/** `upTo`: the position of the user's member event. */
type StrippedPlan = Pick<RoomPlan, 'roomId' | 'membership' | 'upTo'>

/**
 * The responses for rooms to which the user is invited, or in which the user knocked: the stripped state. It
 * has the set events of that list, the user's own member event, and that of the inviting user.
 */
export async function strippedRooms(
  q: Queries,
  rooms: readonly { plan: StrippedPlan }[],
  userId: UserId,
): Promise<RoomParts> {
  if (rooms.length === 0) return new Map()
  const places = rooms.map(({ plan: { roomId, upTo: position } }) => ({ roomId, position }))
  const owns = await membersOfRoomsAt(
    q,
    places.map((place) => ({ ...place, userIds: [userId] })),
  )
  const senderOf = (roomId: RoomId) => owns.get(roomId)?.[0]?.sender ?? userId
  const inviters = await membersOfRoomsAt(
    q,
    places.map((place) => ({ ...place, userIds: [senderOf(place.roomId)].filter((id) => id !== userId) })),
  )
  const roomIds = places.map((place) => place.roomId)
  const states = await currentStateOfRooms(q, roomIds, STRIPPED)
  return new Map(
    rooms.map(({ plan: { roomId, membership } }) => {
      const [own] = owns.get(roomId) ?? []
      const others = [...(states.get(roomId) ?? []), ...(inviters.get(roomId) ?? [])]
      const events = [...others.map(strippedStateEvent), ...(own ? [ownStrippedEvent(own)] : [])]
      return [roomId, { [`${membership}_state`]: { events } }]
    }),
  )
}

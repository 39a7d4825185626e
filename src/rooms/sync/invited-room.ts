import type { UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ownStrippedEvent, strippedStateEvent } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { currentStateOfTypes } from '../state-store.ts'
import type { RoomPlan } from './plan.ts'
import { membersAt } from './state-store.ts'

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

/** The stripped state of a room: the set events of that list, the user's own member event, and that of the inviting user. */
export async function strippedState(q: Queries, plan: RoomPlan, userId: UserId): Promise<JsonObject[]> {
  const { roomId, upTo: position } = plan
  const [own] = await membersAt(q, { roomId, userIds: [userId], position })
  const sender = own && own.sender !== userId ? [own.sender] : []
  const inviter = await membersAt(q, { roomId, userIds: sender, position })
  const state = await currentStateOfTypes(q, roomId, STRIPPED)
  return [...[...state, ...inviter].map(strippedStateEvent), ...(own ? [ownStrippedEvent(own)] : [])]
}

import { forbidden, notFound, type MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { clientEvent, type Event, type StateKey } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { accessTo, requireJoined } from './access.ts'
import { clientEvents } from './client-events.ts'
import { membersOfRoom } from './membership-store.ts'
import { currentState, currentStateEvent, currentStateOfTypes, stateEventAt } from './state-store.ts'
import { allMembersAt, stateUpTo } from './sync/state-store.ts'
import type { Reader } from './timeline.ts'
import { isVisible } from './visibility.ts'

/** The state of a room; for a user who has left, the state at that time. @throws 403 M_FORBIDDEN as `accessTo` does */
export async function readState(q: Queries, reader: Reader, roomId: RoomId): Promise<JsonObject[]> {
  const { stateAt } = await accessTo(q, reader.viewer.userId, roomId)
  const state =
    stateAt === undefined
      ? await currentState(q, roomId)
      : await stateUpTo(q, { roomId, position: stateAt, members: true })
  return clientEvents(q, state, reader)
}

/** One event of that state. @throws 404 M_NOT_FOUND when it is not set; 403 M_FORBIDDEN as `accessTo` does */
export async function readStateEvent(q: Queries, userId: UserId, key: StateKey): Promise<Event> {
  const { stateAt } = await accessTo(q, userId, key.roomId)
  const event =
    stateAt === undefined
      ? await currentStateEvent(q, key)
      : await stateEventAt(q, { ...key, position: stateAt })
  if (!event) throw stateNotFound()
  return event
}

const stateNotFound = (): MatrixError => notFound('The room has no state event with this type and state key')

export type MembersRequest = {
  roomId: RoomId
  /** The position of a token; absent: now. */
  at: number | undefined
  /** An event that matches one of the two is returned, as in the specification. */
  membership: Membership | undefined
  notMembership: Membership | undefined
}

/**
 * The member events of a room (`GET /rooms/{roomId}/members`).
 * @throws 403 M_FORBIDDEN as `accessTo` does, and for a position that the history visibility hides from the user
 */
export async function readMembers(
  q: Queries,
  reader: Reader,
  request: MembersRequest,
): Promise<JsonObject[]> {
  const { roomId } = request
  const { spans, stateAt } = await accessTo(q, reader.viewer.userId, roomId)
  const position = Math.min(request.at ?? Infinity, stateAt ?? Infinity)
  if (request.at !== undefined && !isVisible(spans, position))
    throw forbidden('You may not see the members of the room at this token')
  const members =
    position === Infinity
      ? await currentStateOfTypes(q, roomId, ['m.room.member'])
      : await allMembersAt(q, { roomId, position })
  // The previous memberships are not read: no client shows them here, and rooms are large.
  return members.filter((event) => matchesRequest(event, request)).map((event) => clientEvent(event, reader))
}

function matchesRequest(event: Event, { membership, notMembership }: MembersRequest): boolean {
  if (membership === undefined && notMembership === undefined) return true
  const is = event.content['membership']
  return is === membership || (notMembership !== undefined && is !== notMembership)
}

/**
 * The profiles of the joined members (`GET /rooms/{roomId}/joined_members`). @throws 403 unless the user is a
 * member
 */
export async function readJoinedMembers(q: Queries, userId: UserId, roomId: RoomId): Promise<JsonObject> {
  await requireJoined(q, userId, roomId)
  const joined: JsonObject = {}
  for (const member of await membersOfRoom(q, roomId, ['join']))
    joined[member.user_id] = {
      // Clients expect both keys, null when not set, because other servers send them.
      display_name: member.displayname,
      avatar_url: member.avatar_url,
    }
  return joined
}

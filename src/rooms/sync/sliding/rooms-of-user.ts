import type { UserId } from '../../../lib/ids.ts'
import type { Queries } from '../../../storage/query.ts'
import { covers, type StreamPoint } from '../../../storage/stream-point.ts'
import { listRooms, listRoomsAmong } from '../../room-summaries-store.ts'
import { type Hiding, withoutHidden } from '../ignoring.ts'
import type { ConnectionState } from './connection-state.ts'
import type { SlidingRequest } from './request.ts'
import type { RoomList, RoomLists } from './room-lists.ts'
import { roomMap } from './room-map.ts'

/**
 * The rooms of a user in the order of their last activity, the last one first, and the rooms that the user is
 * no longer in since the last response.
 */
export type RoomsOfUser = Pick<RoomList, 'rooms' | 'left'> & {
  /** undefined: the list was not compared with an earlier one. */
  shape: object | undefined
}

type RoomsRequest = Pick<SlidingRequest, 'lists' | 'subscriptions'> &
  Hiding & {
    userId: UserId
    /** The point of the previous response; undefined: the connection is new. */
    since: StreamPoint | undefined
    /** The point of this response. */
    position: StreamPoint
    /** The rooms that the client has. */
    known: ConnectionState
  }

/**
 * The rooms from which the lists and subscriptions of a request choose: those that the user has joined, is
 * invited to, knocked on, or was removed from by another user (MSC4186, "Lists"). Hidden invitations are left
 * out.
 */
export async function roomsOfUser(
  read: Queries,
  lists: RoomLists,
  request: RoomsRequest,
): Promise<RoomsOfUser> {
  const { userId, since, position, ignored, blocksInvitations } = request
  const list = needsFew(request)
    ? await fewRooms(read, request)
    : await lists.of(read, { userId, since: since ?? position, position, ignored, blocksInvitations })
  const { rooms, shape } = list
  const left = list.left.filter(({ memberPosition }) => since !== undefined && !covers(since, memberPosition))
  return { rooms, shape, left }
}

/** The invitations, and the rooms that the request or the connection names. */
async function fewRooms(read: Queries, request: RoomsRequest): Promise<RoomsOfUser> {
  const { userId, since, position, subscriptions, known } = request
  const invitations = await listRooms(read, { userId, memberships: ['invite'] })
  const roomIds = [...new Set([...subscriptions.keys(), ...known.keys()])]
  const named = await listRoomsAmong(read, { userId, roomIds })
  const rooms = new Map([...named, ...invitations].map((room) => [room.roomId, room]))
  const inside = [...rooms.values()].filter(
    ({ membership }) => membership !== 'leave' && membership !== 'ban',
  )
  return {
    rooms: roomMap(await withoutHidden(read, request, inside), position),
    shape: undefined,
    // Only rooms that the client has matter.
    left:
      since === undefined
        ? []
        : named.filter(({ membership }) => membership === 'leave' || membership === 'ban'),
  }
}

/** The maximum number of known rooms that are looked up one by one. */
const FEW_ROOMS = 100

/** Whether the request needs invitations, and rooms that it names: that of a notification extension after a push. */
function needsFew({ lists, known }: RoomsRequest): boolean {
  return known.size <= FEW_ROOMS && [...lists.values()].every(({ filters }) => filters.isInvited === true)
}

import type { Event } from '../../../lib/matrix-event.ts'
import type { Queries } from '../../../storage/query.ts'
import { historiesOf } from '../../history-store.ts'
import type { PageReader } from '../../timeline.ts'
import { NO_FILTER, withoutIgnored } from '../filter.ts'
import { planRoom, type RoomPlan } from '../plan.ts'
import type { RoomReader } from '../room-news.ts'
import type { SharedRooms } from '../shared-rooms.ts'
import { wantsAllMembers } from './required-state.ts'
import type { SelectedRoom } from './select-rooms.ts'

/** How the rooms of a response are read. */
export type SlidingReader = PageReader & {
  sharedRooms: SharedRooms
  /** The users that the viewer ignores. */
  ignored: ReadonlySet<string>
  /** The position of the previous response; 0: the connection is new. */
  since: number
  /** The position of this response. */
  position: number
  hasCounts: boolean
}

export type PlannedSelection = SelectedRoom & { plan: RoomPlan }

/** Plans the rooms like those of /sync: each from the position up to which the client has it. */
export async function planSelection(
  read: Queries,
  { viewer, position }: SlidingReader,
  selected: readonly SelectedRoom[],
): Promise<PlannedSelection[]> {
  const changed = selected.filter(({ room, after = 0 }) => room.memberPosition > after)
  const roomIds = changed.map(({ room }) => room.roomId)
  const histories = await historiesOf(read, viewer.userId, roomIds)
  return selected.map((one) => {
    const { roomId, membership, memberPosition } = one.room
    const request = { since: one.after, fullState: false, position }
    const room = { room_id: roomId, membership, position: memberPosition }
    const plan = planRoom(request, room, histories.get(roomId))
    // A removed room can be selected later, without a change of the membership, for its direct flag.
    const isOver = membership === 'leave' || membership === 'ban'
    return { ...one, plan: isOver ? { ...plan, upTo: Math.min(plan.upTo, memberPosition) } : plan }
  })
}

/** Whether the client replaces everything that it has of the room. It can have the invitation before. */
export const isInitial = ({ room, after, plan }: PlannedSelection): boolean =>
  after === undefined || (room.membership === 'join' && plan.state === 'full')

/** Groups rooms that one reader of /sync can read together. */
export function readersOf<Room extends Pick<SelectedRoom, 'config'>>(
  reader: SlidingReader,
  rooms: readonly Room[],
): { reader: RoomReader; rooms: Room[] }[] {
  const groups = Map.groupBy(rooms, ({ config }) => `${config.limit} ${wantsAllMembers(config.filter)}`)
  return [...groups.values()].map((group) => ({ rooms: group, reader: roomReader(reader, group[0]) }))
}

function roomReader(
  { ignored, ...reader }: SlidingReader,
  room: Pick<SelectedRoom, 'config'> | undefined,
): RoomReader {
  const config = room?.config ?? { limit: 0, filter: [] }
  return {
    ...reader,
    // `required_state` is the state at the end of the timeline.
    stateForm: 'state_after',
    filter: {
      ...NO_FILTER,
      timeline: withoutIgnored({ ...NO_FILTER.timeline, limit: config.limit }, ignored),
      state: { ...NO_FILTER.state, lazyLoadMembers: !wantsAllMembers(config.filter) },
    },
  }
}

/** The users whose events and memberships a timeline shows. */
export function usersOfTimeline(events: readonly Event[]): Set<string> {
  const users = new Set<string>(events.map(({ sender }) => sender))
  for (const { type, stateKey } of events)
    if (type === 'm.room.member' && stateKey !== null) users.add(stateKey)
  return users
}

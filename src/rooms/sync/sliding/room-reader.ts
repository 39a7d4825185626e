import type { Event } from '../../../lib/matrix-event.ts'
import type { Queries } from '../../../storage/query.ts'
import { historiesOf } from '../../history-store.ts'
import { covers, START, type StreamPoint } from '../../../storage/stream-point.ts'
import type { PageReader } from '../../timeline.ts'
import { NO_FILTER, withoutIgnored } from '../filter.ts'
import { planRoom, type RoomPlan } from '../plan.ts'
import type { RoomReader } from '../room-news.ts'
import type { SharedRooms } from '../shared-rooms.ts'
import { wantedTypes, wantsAllMembers } from './required-state.ts'
import type { SelectedRoom } from './select-rooms.ts'

/** How the rooms of a response are read. */
export type SlidingReader = PageReader & {
  sharedRooms: SharedRooms
  /** The users that the viewer ignores. */
  ignored: ReadonlySet<string>
  /** The point of the previous response; undefined: the connection is new. */
  since: StreamPoint | undefined
  /** The point of this response. */
  position: StreamPoint
  hasCounts: boolean
}

export type PlannedSelection = SelectedRoom & { plan: RoomPlan }

/** Plans the rooms like those of /sync: each from the position up to which the client has it. */
export async function planSelection(
  read: Queries,
  { viewer, position }: SlidingReader,
  selected: readonly SelectedRoom[],
): Promise<PlannedSelection[]> {
  const changed = selected.filter(({ room, after = START }) => !covers(after, room.memberPosition))
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
  const [first, ...others] = rooms
  // Nearly all rooms of a response have the same config.
  if (first && others.every(({ config }) => config === first.config))
    return [{ rooms: [...rooms], reader: roomReader(reader, first.config) }]
  const groups = Map.groupBy(rooms, ({ config }) => `${config.limit} ${config.state}`)
  return [...groups.values()].map((group) => ({
    rooms: group,
    reader: roomReader(reader, (group[0] as Room).config),
  }))
}

function roomReader({ ignored, ...reader }: SlidingReader, config: SelectedRoom['config']): RoomReader {
  const { filter, stateTypes } = readingOf(config)
  return {
    ...reader,
    // `required_state` is the state at the end of the timeline.
    stateForm: 'state_after',
    stateTypes,
    filter: ignored.size === 0 ? filter : { ...filter, timeline: withoutIgnored(filter.timeline, ignored) },
  }
}

type Reading = Pick<RoomReader, 'filter' | 'stateTypes'>
/** By config, which stays the same while the windows do, so that the shared news are found by the same filter. */
const readings = new WeakMap<SelectedRoom['config'], Reading>()

function readingOf(config: SelectedRoom['config']): Reading {
  let reading = readings.get(config)
  if (!reading) {
    const filter = {
      ...NO_FILTER,
      timeline: { ...NO_FILTER.timeline, limit: config.limit },
      state: { ...NO_FILTER.state, lazyLoadMembers: !wantsAllMembers(config.filter) },
    }
    reading = { filter, stateTypes: wantedTypes(config.filter) }
    readings.set(config, reading)
  }
  return reading
}

/** The users whose events and memberships a timeline shows. */
export function usersOfTimeline(events: readonly Event[]): Set<string> {
  const users = new Set<string>(events.map(({ sender }) => sender))
  for (const { type, stateKey } of events)
    if (type === 'm.room.member' && stateKey !== null) users.add(stateKey)
  return users
}

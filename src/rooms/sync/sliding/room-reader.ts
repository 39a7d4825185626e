import type { Queries } from '../../../storage/query.ts'
import type { EventsOfRange } from '../../events-of-range.ts'
import { historiesOf } from '../../history-store.ts'
import { covers, START, type StreamPoint } from '../../../storage/stream-point.ts'
import type { PageReader } from '../../timeline.ts'
import { NO_FILTER, withoutIgnored } from '../filter.ts'
import { planRoom, type RoomPlan } from '../plan.ts'
import type { RoomReader } from '../room-news.ts'
import type { SharedRooms } from '../shared-rooms.ts'
import { wantedTypes, wantsAllMembers } from './required-state.ts'
import { isOpen, type NewlyListedRoom, type NewRooms, openHistory } from './new-rooms.ts'
import type { SelectedRoom } from './select-rooms.ts'

/** How the rooms of a response are read. */
export type SlidingReader = PageReader & {
  sharedRooms: SharedRooms
  newRooms: NewRooms
  /** The users that the viewer ignores. */
  ignored: ReadonlySet<string>
  /** The point of the previous response; undefined: the connection is new. */
  since: StreamPoint | undefined
  /** The point of this response. */
  position: StreamPoint
  hasCounts: boolean
  /** Events after `since` that were read already. */
  recent: EventsOfRange | undefined
}

export type PlannedSelection = SelectedRoom & {
  plan: RoomPlan
  /** What another response has read of this room. */
  known: NewlyListedRoom | undefined
  /** What is read of it is the same for other members. */
  isForAll: boolean
}

/** Plans the rooms like those of /sync: each from the position up to which the client has it. */
export async function planSelection(
  read: Queries,
  reader: SlidingReader,
  selected: readonly SelectedRoom[],
): Promise<PlannedSelection[]> {
  const { viewer, position } = reader
  const rooms = selected.map((one) => ({ ...one, known: knownRoom(reader, one) }))
  const changed = rooms.filter(
    ({ room, known, after = START }) => known === undefined && !covers(after, room.memberPosition),
  )
  const roomIds = changed.map(({ room }) => room.roomId)
  const histories = await historiesOf(read, viewer.userId, roomIds)
  return rooms.map((one) => {
    const { roomId, membership, memberPosition } = one.room
    const request = { since: one.after, fullState: false, position }
    const room = { room_id: roomId, membership, position: memberPosition }
    const history = one.known ? openHistory(one.room) : histories.get(roomId)
    const plan = planRoom(request, room, history)
    const isForAll = history !== undefined && isOpen(history) && canBeShared(reader, one)
    // A removed room can be selected later, without a change of the membership, for its direct flag.
    const isOver = membership === 'leave' || membership === 'ban'
    const upTo = isOver ? Math.min(plan.upTo, memberPosition) : plan.upTo
    return { ...one, isForAll, plan: isOver ? { ...plan, upTo } : plan }
  })
}

/**
 * Whether another member can get the same: all of a joined room, without hidden events and without a list of
 * all members.
 */
const canBeShared = ({ ignored }: SlidingReader, { room, config, after }: SelectedRoom): boolean =>
  after === undefined && room.membership === 'join' && ignored.size === 0 && !wantsAllMembers(config.filter)

const knownRoom = (reader: SlidingReader, selected: SelectedRoom): NewlyListedRoom | undefined =>
  canBeShared(reader, selected)
    ? reader.newRooms.find({ room: selected.room, reading: readingTextOf(selected.config) })
    : undefined

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

function roomReader(reader: SlidingReader, config: SelectedRoom['config']): RoomReader {
  const { ignored } = reader
  const { filter, stateTypes } = readingOf(config)
  return {
    ...reader,
    // `required_state` is the state at the end of the timeline.
    stateForm: 'state_after',
    stateTypes,
    filter: ignored.size === 0 ? filter : { ...filter, timeline: withoutIgnored(filter.timeline, ignored) },
  }
}

type Reading = Pick<RoomReader, 'filter' | 'stateTypes'> & { text: string }
/** By config, which stays the same while the windows do, so that the shared news are found by the same filter. */
const readings = new WeakMap<SelectedRoom['config'], Reading>()

/** Of rooms that can be shared: equal for configs with which the same is read of a new room. */
export const readingTextOf = (config: SelectedRoom['config']): string => readingOf(config).text

function readingOf(config: SelectedRoom['config']): Reading {
  let reading = readings.get(config)
  if (!reading) {
    const filter = {
      ...NO_FILTER,
      timeline: { ...NO_FILTER.timeline, limit: config.limit },
      state: { ...NO_FILTER.state, lazyLoadMembers: !wantsAllMembers(config.filter) },
    }
    const stateTypes = wantedTypes(config.filter)
    reading = { filter, stateTypes, text: JSON.stringify([config.limit, stateTypes]) }
    readings.set(config, reading)
  }
  return reading
}

import type { RoomId } from '../../../lib/ids.ts'
import { covers, type StreamPoint } from '../../../storage/stream-point.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import { type ConnectionState, isSameRoom, type SentRoom } from './connection-state.ts'
import { ROOM_EXTENSIONS } from './extension-scope.ts'
import type { RoomMap } from './room-map.ts'
import { expandsState, type StateFilter, stateFilterOf } from './required-state.ts'
import type { CombinedConfig, Windows } from './windows.ts'

/** A room of the response. */
export type SelectedRoom = {
  room: ListedRoom
  config: CombinedConfig
  /** The client has everything up to this point; undefined: it does not have the room. */
  after: StreamPoint | undefined
  /** There are events, or a change of the user's membership, after `after`. */
  hasEvents: boolean
  /** The client gets the latest events even if it has some of them, because it wants more than before. */
  growsTimeline: boolean
  /** The state that the client got before, if it wants more now. */
  stateBefore: StateFilter | undefined
  isDm: boolean
  /** The room has become, or is no longer, a direct room, or the client does not have it. */
  isDmNew: boolean
}

export type SelectRequest = {
  windows: Windows
  /** The rooms of the user. */
  rooms: Pick<RoomMap, 'get'>
  /**
   * The client had everything of all rooms in these windows at the previous response, so only `changed` and
   * `counted` are looked at.
   */
  isSettled: boolean
  /** The rooms that the user has left after `since`, or was removed from. */
  left: readonly ListedRoom[]
  known: ConnectionState
  /** The point of the previous response; `START`: the connection is new. */
  since: StreamPoint
  isDm: (roomId: RoomId) => boolean
  /** All rooms with events after `since`, and with receipts or account data. */
  changed: readonly RoomId[]
  /** The rooms whose unread counts may have changed. */
  counted: ReadonlySet<RoomId>
  /** The rooms where the typing users changed. */
  typed: ReadonlySet<RoomId>
  /** The extensions that the client does not ask for any more, as bits (`ROOM_EXTENSIONS`). */
  switchedOff: number
  /** The maximum number of rooms of a connection. */
  maxRooms: number
}

export type RoomSelection = {
  rooms: SelectedRoom[]
  /** What the client has after the response. */
  state: ConnectionState
  /** The client then has everything of all rooms in the windows. */
  isSettled: boolean
}

/**
 * The rooms of a response (MSC4186, "Room results"): rooms in a window that the client does not have, or that
 * have news for it. A room outside all windows is sent only to tell that the user is no longer in it.
 */
export function selectRooms(request: SelectRequest): RoomSelection {
  const { windows, known, switchedOff } = request
  const rooms: SelectedRoom[] = []
  const next = createNext(known)
  let isSettled = true
  for (const selected of departed(request)) {
    rooms.push(selected)
    next.delete(selected.room.roomId)
  }
  const outside = outsideOf(known, windows)
  const stateBefore = createStatesBefore()
  for (const candidate of candidates(request)) {
    const { room, sent } = candidate
    if (sent === undefined && next.state().size >= request.maxRooms) {
      const dropped = outside.next()
      if (dropped.done) isSettled = false
      if (dropped.done) continue
      next.delete(dropped.value)
    }
    const selected = selectRoom(request, candidate, stateBefore)
    if (isNews(selected, request.counted)) rooms.push(selected)
    next.set(room.roomId, sentAfter(selected, sent))
  }
  const forget = (roomId: RoomId, extensions: number) => {
    const sent = next.state().get(roomId)
    if (sent && (sent.extensions & extensions) !== 0 && !windows.configs.has(roomId))
      next.set(roomId, { ...sent, extensions: sent.extensions & ~extensions })
  }
  // The news of an extension are not looked for while the client does not ask for it.
  if (switchedOff !== 0) for (const roomId of known.keys()) forget(roomId, switchedOff)
  // Typing has no position up to which the client could have it.
  for (const roomId of request.typed) forget(roomId, ROOM_EXTENSIONS.typing)
  // The news of these rooms are not sent, so from now on the client has less of them than of the others.
  for (const roomId of request.changed) {
    const sent = next.state().get(roomId)
    if (sent && sent.upTo === undefined && known.has(roomId) && !windows.configs.has(roomId))
      next.set(roomId, { ...sent, upTo: request.since })
  }
  return { rooms, state: next.state(), isSettled }
}

/** The next state: the same object until something differs, because most responses change nothing. */
function createNext(known: ConnectionState) {
  let next: Map<RoomId, SentRoom> | undefined
  const copy = () => (next ??= new Map(known))
  return {
    state: (): ConnectionState => next ?? known,
    set(roomId: RoomId, sent: SentRoom): void {
      if ((next ?? known).get(roomId) !== sent) copy().set(roomId, sent)
    },
    delete: (roomId: RoomId) => copy().delete(roomId),
  }
}

/** The rooms in the windows that may have to be sent. */
function* candidates(request: SelectRequest): Generator<Candidate> {
  const { windows, known, isSettled, changed, counted } = request
  const ids = isSettled ? new Set([...changed, ...counted]) : windows.configs.keys()
  for (const roomId of ids) {
    const room = request.rooms.get(roomId)
    const config = windows.configs.get(roomId)
    if (!room || !config) continue
    const sent = known.get(roomId)
    if (!sent || !isUnchanged(request, { room, config, sent })) yield { room, config, sent }
  }
}

/**
 * The rooms that the user left since, as far as the client has them. They are no longer in the list of rooms,
 * or outside all windows.
 */
function departed({ left, known, windows, since }: SelectRequest): SelectedRoom[] {
  const filterOf = createFilterOf()
  return left.flatMap((room) => {
    const sent = known.get(room.roomId)
    if (!sent || windows.configs.has(room.roomId)) return []
    const { limit, state } = sent
    const config = { limit, state, filter: filterOf(state), lists: [], extensions: 0 }
    const after = sent.upTo ?? since
    return [
      {
        room,
        config,
        after,
        hasEvents: true,
        growsTimeline: false,
        stateBefore: undefined,
        isDm: sent.isDm,
        isDmNew: false,
      },
    ]
  })
}

type Candidate = { room: ListedRoom; config: CombinedConfig; sent: SentRoom | undefined }

/** Nearly all rooms of a large list: for them nothing is created. */
function isUnchanged(
  { since, isDm, counted }: SelectRequest,
  { room, config, sent }: Candidate & { sent: SentRoom },
): boolean {
  const { roomId } = room
  return (
    sent.upTo === undefined &&
    covers(since, room.lastPosition) &&
    sent.state === config.state &&
    sent.limit === config.limit &&
    sent.extensions === config.extensions &&
    !counted.has(roomId) &&
    isDm(roomId) === sent.isDm
  )
}

/** Thousands of rooms have the same few filters, so each text is parsed once. */
function createFilterOf(): (state: string) => StateFilter {
  const known = new Map<string, StateFilter>()
  return (state) => {
    let filter = known.get(state)
    if (!filter) known.set(state, (filter = stateFilterOf(state)))
    return filter
  }
}

/** The state that the client got before, if a config wants more. */
type StatesBefore = (sent: SentRoom, config: CombinedConfig) => StateFilter | undefined

/** Thousands of rooms have the same two filters, so these are compared once. */
function createStatesBefore(): StatesBefore {
  const known = new Map<string, Map<string, StateFilter | undefined>>()
  const filterOf = createFilterOf()
  return ({ state }, config) => {
    if (state === config.state) return undefined
    const ofConfig = known.get(config.state) ?? new Map<string, StateFilter | undefined>()
    known.set(config.state, ofConfig)
    if (!ofConfig.has(state)) {
      const before = filterOf(state)
      ofConfig.set(state, expandsState(before, config.filter) ? before : undefined)
    }
    return ofConfig.get(state)
  }
}

function selectRoom(
  { since, isDm }: SelectRequest,
  { room, config, sent }: Candidate,
  stateBefore: StatesBefore,
): SelectedRoom {
  const isDmNow = isDm(room.roomId)
  if (!sent) {
    const isNew = { after: undefined, hasEvents: true, growsTimeline: false, stateBefore: undefined }
    return { room, config, ...isNew, isDm: isDmNow, isDmNew: true }
  }
  const after = sent.upTo ?? since
  const isJoined = room.membership === 'join'
  return {
    room,
    config,
    after,
    hasEvents: !covers(after, room.lastPosition),
    growsTimeline: isJoined && config.limit > sent.limit,
    stateBefore: isJoined ? stateBefore(sent, config) : undefined,
    isDm: isDmNow,
    isDmNew: isDmNow !== sent.isDm,
  }
}

function isNews(selected: SelectedRoom, counted: ReadonlySet<RoomId>): boolean {
  const { after, hasEvents, growsTimeline, stateBefore, isDmNew, room } = selected
  return (
    after === undefined ||
    hasEvents ||
    growsTimeline ||
    stateBefore !== undefined ||
    isDmNew ||
    counted.has(room.roomId)
  )
}

/** A smaller config counts only from the next event on: until then the client has everything of the larger one. */
function sentAfter(selected: SelectedRoom, sent: SentRoom | undefined): SentRoom {
  const { config, hasEvents, growsTimeline, stateBefore, isDm } = selected
  const limit = sent && !hasEvents && !growsTimeline ? sent.limit : config.limit
  const state = sent && !hasEvents && !stateBefore ? sent.state : config.state
  const next: SentRoom = { limit, state, isDm, extensions: config.extensions, upTo: undefined }
  return sent && isSameRoom(sent, next) ? sent : next
}

/** Rooms that the client has outside all windows: they can be forgotten for new ones. */
function* outsideOf(known: ConnectionState, windows: Windows): Generator<RoomId> {
  for (const roomId of known.keys()) if (!windows.configs.has(roomId)) yield roomId
}

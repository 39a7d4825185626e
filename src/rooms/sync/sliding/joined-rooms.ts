import type { RoomId, UserId } from '../../../lib/ids.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { type Event, syncEvent } from '../../../lib/matrix-event.ts'
import { type UnreadCount, unreadTotals } from '../../../notifications/counts.ts'
import type { Queries } from '../../../storage/query.ts'
import { syncEventsOfPages } from '../../client-events.ts'
import { historiesOf } from '../../history-store.ts'
import { type Span, visibleSpans } from '../../visibility.ts'
import { covers, positionIn, START } from '../../../storage/stream-point.ts'
import { newsOfRooms, type NewsForViewer } from '../room-news.ts'
import { type SyncTimeline, timelinesOf } from '../room-timeline.ts'
import { summariesOf } from '../summary-store.ts'
import { membersOfRoomsAt, statesUpTo, type EventsByRoom } from '../state-store.ts'
import { pageToken } from '../token.ts'
import type { NewlyListedRoom } from './new-rooms.ts'
import { isLazy, wantedMembers, wantsAllMembers, wantsState } from './required-state.ts'
import {
  isInitial,
  type PlannedSelection,
  readersOf,
  readingTextOf,
  type SlidingReader,
} from './room-reader.ts'
import type { RoomResult } from './room-result.ts'
import { usersOfTimeline } from './timeline-users.ts'

/** What was read of a room. */
type ReadRoom = PlannedSelection & {
  isNew: boolean
  news: NewsForViewer
  timeline: SyncTimeline
  /** The part of the room's history that the user may see, as far as the timeline can contain it. */
  spans: readonly Span[]
  /** State that the client wants since now, and did not want before. */
  added: readonly Event[]
  /** Member events that the client needs beside the state. */
  members: readonly Event[]
}

/** The responses for rooms that the user is in. A room without anything to send is absent. */
export async function joinedResults(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, RoomResult>> {
  if (rooms.length === 0) return new Map()
  const { viewer, hasCounts } = reader
  const found = await readJoined(read, reader, rooms)
  const roomIds = rooms.map(({ room }) => room.roomId)
  const counts = hasCounts ? await unreadTotals(read, viewer.userId, roomIds) : undefined
  const pages = found.map(({ timeline: { events, limited }, spans }) => ({
    events,
    spans: limited ? spans : undefined,
  }))
  const timelines = await syncEventsOfPages(read, pages, reader)
  return new Map(
    found.map((one, at) => {
      const { roomId } = one.room
      return [roomId, resultOf(reader, one, { events: timelines[at] ?? [], counts: counts?.get(roomId) })]
    }),
  )
}

async function readJoined(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<ReadRoom[]> {
  const news = await newsOf(read, reader, rooms)
  const grown = await grownTimelines(read, reader, rooms)
  const added = await addedState(read, reader, rooms)
  const found = rooms.flatMap((one) => {
    const { roomId } = one.room
    const of = news.get(roomId)
    if (!of) return []
    const { timeline, spans } = grown.get(roomId) ?? { timeline: of.timeline, spans: one.plan.spans }
    const parts = { news: of, timeline, spans, added: added.get(roomId) ?? [], members: [] }
    return [{ ...one, isNew: isInitial(one), ...parts }]
  })
  const members = await missingMembers(read, reader, found)
  return found.map((one) => ({ ...one, members: members.get(one.room.roomId) ?? [] }))
}

async function newsOf(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, NewsForViewer>> {
  const others = rooms.filter(({ known }) => known === undefined)
  const news: Map<RoomId, NewsForViewer> =
    others.length === rooms.length
      ? new Map()
      : await newsOfKnown(
          read,
          reader,
          rooms.filter(({ known }) => known),
        )
  for (const group of readersOf(reader, others)) {
    const plans = group.rooms.map(({ plan }) => plan)
    for (const [roomId, of] of await newsOfRooms(read, group.reader, plans)) news.set(roomId, of)
  }
  for (const { room, config, isForAll } of others) {
    const of = isForAll ? news.get(room.roomId) : undefined
    if (of) reader.newRooms.keep({ room, reading: readingTextOf(config) }, of)
  }
  return news
}

/** Only the heroes are read, of rooms without a name. Member events follow (`missingMembers`). */
async function newsOfKnown(
  read: Queries,
  { viewer }: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, NewsForViewer>> {
  const unnamed = rooms.filter(({ room }) => room.name === null).map(({ room }) => room.roomId)
  const summaries = await summariesOf(read, unnamed, viewer.userId)
  return new Map(
    rooms.map(({ room: { roomId }, known }) => {
      const { timeline, state } = known as NewlyListedRoom
      return [roomId, { timeline, state, summary: summaries.get(roomId) ?? NO_HEROES }]
    }),
  )
}

const NO_HEROES = { heroes: [], summary: {} }

/** The latest events of rooms of which the client wants more than before, as far as the user may see them. */
async function grownTimelines(
  read: Queries,
  reader: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<Map<RoomId, Pick<ReadRoom, 'timeline' | 'spans'>>> {
  const growing = rooms.filter((one) => one.growsTimeline && one.plan.state !== 'full')
  if (growing.length === 0) return new Map()
  const roomIds = growing.map(({ room }) => room.roomId)
  const histories = await historiesOf(read, reader.viewer.userId, roomIds)
  const grown = new Map<RoomId, Pick<ReadRoom, 'timeline' | 'spans'>>()
  for (const group of readersOf(reader, growing)) {
    const requests = group.rooms.map(({ room: { roomId, lastPosition } }) => ({
      roomId,
      spans: visibleSpans(histories.get(roomId) ?? { memberships: [], settings: [] }),
      after: 0,
      upTo: positionIn(reader.position, lastPosition),
      filter: group.reader.filter.timeline,
      pageBytes: reader.pageBytes,
    }))
    const timelines = await timelinesOf(read, requests)
    for (const [at, { roomId, spans }] of requests.entries())
      grown.set(roomId, { timeline: timelines[at] as SyncTimeline, spans })
  }
  return grown
}

async function addedState(
  read: Queries,
  { position }: SlidingReader,
  rooms: readonly PlannedSelection[],
): Promise<EventsByRoom> {
  const growing = rooms.filter(({ stateBefore, plan }) => stateBefore && plan.state !== 'full')
  const added: EventsByRoom = new Map()
  if (growing.length === 0) return added
  for (const members of [true, false]) {
    const of = growing.filter(({ config }) => wantsAllMembers(config.filter) === members)
    const places = of.map(({ room: { roomId, lastPosition } }) => ({
      roomId,
      position: positionIn(position, lastPosition),
    }))
    const states = await statesUpTo(read, places, { members })
    for (const { room, config, stateBefore = [] } of of)
      added.set(
        room.roomId,
        (states.get(room.roomId) ?? []).filter(
          (event) => wantsState(config.filter, event) && !wantsState(stateBefore, event),
        ),
      )
  }
  return added
}

/**
 * The member events that were not read with the state: of users that the client names, of the senders of
 * older events, and of heroes.
 */
async function missingMembers(
  read: Queries,
  { position }: SlidingReader,
  rooms: readonly ReadRoom[],
): Promise<EventsByRoom> {
  const wanted = rooms.flatMap((one) => {
    const { room, config, news, timeline, isNew, stateBefore } = one
    const present = new Set(
      [...news.state, ...one.added].flatMap(({ type, stateKey }) =>
        type === 'm.room.member' ? stateKey : [],
      ),
    )
    const users = new Set<string>(heroesOf(one))
    if (isLazy(config.filter)) for (const user of usersOfTimeline(timeline.events)) users.add(user)
    if (isNew || stateBefore) for (const user of wantedMembers(config.filter)) users.add(user)
    const userIds = [...users].filter((user) => !present.has(user)) as UserId[]
    return userIds.length === 0
      ? []
      : [{ roomId: room.roomId, position: positionIn(position, room.lastPosition), userIds }]
  })
  return membersOfRoomsAt(read, wanted)
}

const heroesOf = ({ room, news }: Pick<ReadRoom, 'room' | 'news'>): readonly string[] =>
  room.name === null ? (news.summary?.heroes ?? []) : []

/** One literal with all keys, which V8 makes many times faster than one with spread parts. */
function resultOf(
  reader: SlidingReader,
  one: ReadRoom,
  { events, counts }: { events: JsonObject[]; counts: UnreadCount | undefined },
): RoomResult {
  const { room, config, after, isNew, timeline, isDm, isDmNew, growsTimeline, news } = one
  const first = timeline.events[0]
  const isExpanded = growsTimeline && !isNew && first !== undefined && covers(after ?? START, first.position)
  const isLive = ({ position }: Event) => !covers(reader.since ?? START, position)
  const { name, avatar, heroes } = namesOf(one)
  return {
    membership: room.membership,
    bumpStamp: room.bumpPosition,
    lists: config.lists,
    initial: isNew || undefined,
    expandedTimeline: isExpanded || undefined,
    name,
    avatar,
    heroes,
    joinedCount: news.summary && room.joinedCount,
    invitedCount: news.summary && room.invitedCount,
    isDm: isNew || isDmNew ? isDm : undefined,
    requiredState: requiredState(one).map((event) => syncEvent(event, reader)),
    timeline: events,
    start: first?.position,
    limited: timeline.limited,
    prevBatch: isNew || events.length > 0 ? pageToken(timeline.prevBatch) : undefined,
    numLive: reader.since === undefined ? 0 : timeline.events.filter(isLive).length,
    counts,
  }
}

/** Name, avatar and heroes: in an initial response those that are set, otherwise those that can have changed. */
function namesOf(one: ReadRoom): Pick<RoomResult, 'name' | 'avatar' | 'heroes'> {
  const { room, news, isNew } = one
  const isChanged = (type: string) =>
    news.state.some((event) => event.type === type) ||
    // The redaction of a name changes it without a new event of its type.
    news.timeline.events.some((event) => event.type === type || event.type === 'm.room.redaction')
  const isShown = (type: string, value: string | null) => (isNew ? value !== null : isChanged(type))
  const heroes = heroesOf(one)
  return {
    name: isShown('m.room.name', room.name) ? room.name : undefined,
    avatar: isShown('m.room.avatar', room.avatarUrl) ? room.avatarUrl : undefined,
    heroes: heroes.length > 0 ? heroes.map((userId) => heroOf(one, userId)) : undefined,
  }
}

function heroOf({ news, added, members }: ReadRoom, userId: string): JsonObject {
  const event = [...members, ...added, ...news.state].find(
    ({ type, stateKey }) => type === 'm.room.member' && stateKey === userId,
  )
  const text = (key: string) => {
    const value = event?.content[key]
    return typeof value === 'string' ? value : undefined
  }
  const [displayname, avatar] = [text('displayname'), text('avatar_url')]
  return {
    user_id: userId,
    ...(displayname !== undefined && { displayname }),
    ...(avatar !== undefined && { avatar_url: avatar }),
  }
}

function requiredState({ config, news, added, members, timeline }: ReadRoom): Event[] {
  const lazy = isLazy(config.filter) ? usersOfTimeline(timeline.events) : new Set<string>()
  const isWanted = (event: Event) =>
    wantsState(config.filter, event) || (event.type === 'm.room.member' && lazy.has(event.stateKey ?? ''))
  const events = new Map<number, Event>()
  for (const event of [...news.state, ...members]) if (isWanted(event)) events.set(event.position, event)
  for (const event of added) events.set(event.position, event)
  return [...events.values()].toSorted((a, b) => a.position - b.position)
}

/**
 * Whether the client learns nothing from the response, because the events are hidden from the user or there
 * were none.
 */
export function isEmpty({ initial, timeline, requiredState: state, isDm, limited }: RoomResult): boolean {
  return !initial && !limited && isDm === undefined && timeline?.length === 0 && state?.length === 0
}

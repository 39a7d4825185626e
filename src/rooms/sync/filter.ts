import { badJson, notJson } from '../../lib/errors.ts'
import { isRoomId, isUserId } from '../../lib/ids.ts'
import { type Json, type JsonObject, isJsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { matchesWildcard } from '../../lib/wildcard.ts'

/** The part of a filter for one kind of event. Absent lists allow everything. */
export type EventFilter = {
  readonly limit: number | undefined
  readonly types: readonly string[] | undefined
  readonly notTypes: readonly string[]
  readonly senders: ReadonlySet<string> | undefined
  readonly notSenders: ReadonlySet<string>
}

export type RoomEventFilter = EventFilter & {
  readonly rooms: ReadonlySet<string> | undefined
  readonly notRooms: ReadonlySet<string>
  readonly containsUrl: boolean | undefined
  readonly lazyLoadMembers: boolean
  readonly unreadThreadNotifications: boolean
  /** Users that the viewer ignores: only their state events pass. Not a part of what clients send. */
  readonly ignored?: ReadonlySet<string>
}

/** A parsed filter of `/sync` (client-server API, "Filtering"). `event_format` has no effect. */
export type SyncFilter = {
  readonly eventFields: readonly string[] | undefined
  readonly accountData: EventFilter
  readonly presence: EventFilter
  readonly rooms: ReadonlySet<string> | undefined
  readonly notRooms: ReadonlySet<string>
  readonly includeLeave: boolean
  readonly timeline: RoomEventFilter
  readonly state: RoomEventFilter
  readonly ephemeral: RoomEventFilter
  readonly roomAccountData: RoomEventFilter
}

/** The fields that a filter reads. Account data and ephemeral events have no sender. */
export type Filterable = Pick<Event, 'type' | 'content'> & Partial<Pick<Event, 'sender' | 'stateKey'>>

/**
 * Parses a filter from JSON text.
 * @throws 400 M_NOT_JSON or M_BAD_JSON, naming the field
 */
export function readFilter(text: string): SyncFilter {
  return parseFilter(readJson(text))
}

/** Like `readFilter`, for a single `RoomEventFilter` (`/messages`, `/context`). */
export function readRoomEventFilter(text: string): RoomEventFilter {
  return parseRoomEventFilter(readJson(text), 'filter')
}

export function parseFilter(value: unknown): SyncFilter {
  const filter = objectAt(value, 'filter')
  checkUnused(filter)
  const room = objectAt(filter['room'], 'room')
  return {
    eventFields: stringsAt(filter, 'event_fields', 'filter'),
    accountData: parseEventFilter(objectAt(filter['account_data'], 'account_data'), 'account_data'),
    presence: parseEventFilter(objectAt(filter['presence'], 'presence'), 'presence'),
    rooms: roomsAt(room, 'rooms', 'room'),
    notRooms: roomsAt(room, 'not_rooms', 'room') ?? new Set(),
    includeLeave: booleanAt(room, 'include_leave', 'room') ?? false,
    timeline: parseRoomEventFilter(room['timeline'], 'room.timeline'),
    state: parseRoomEventFilter(room['state'], 'room.state'),
    ephemeral: parseRoomEventFilter(room['ephemeral'], 'room.ephemeral'),
    roomAccountData: parseRoomEventFilter(room['account_data'], 'room.account_data'),
  }
}

export const NO_FILTER: SyncFilter = parseFilter({})
export const NO_ROOM_EVENT_FILTER: RoomEventFilter = NO_FILTER.timeline

export function includesRoom(filter: Pick<SyncFilter, 'rooms' | 'notRooms'>, roomId: string): boolean {
  return !filter.notRooms.has(roomId) && (filter.rooms?.has(roomId) ?? true)
}

export function matchesEvent(filter: EventFilter, event: Filterable): boolean {
  if (event.sender !== undefined) {
    if (filter.notSenders.has(event.sender)) return false
    if (filter.senders && !filter.senders.has(event.sender)) return false
  }
  if (filter.notTypes.some((pattern) => matchesWildcard(pattern, event.type))) return false
  return filter.types?.some((pattern) => matchesWildcard(pattern, event.type)) ?? true
}

/** The same filter for a viewer who ignores users (client-server API, "Ignoring Users"). */
export function withoutIgnored(filter: RoomEventFilter, ignored: ReadonlySet<string>): RoomEventFilter {
  return ignored.size === 0 ? filter : { ...filter, ignored }
}

export function matchesRoomEvent(filter: RoomEventFilter, roomId: string, event: Filterable): boolean {
  if (event.stateKey === null && event.sender !== undefined && filter.ignored?.has(event.sender)) return false
  if (!includesRoom(filter, roomId)) return false
  if (filter.containsUrl !== undefined && 'url' in event.content !== filter.containsUrl) return false
  return matchesEvent(filter, event)
}

/** True when no event of any room can pass. Then nothing has to be read. */
export function excludesAll(filter: RoomEventFilter): boolean {
  return filter.types?.length === 0 || filter.senders?.size === 0 || filter.rooms?.size === 0
}

/** Keeps only the named fields (appendices, "Dot-separated property paths"). Identity and type always stay. */
export function pickFields(event: JsonObject, paths: readonly string[] | undefined): JsonObject {
  if (!paths) return event
  const picked: JsonObject = {}
  for (const name of ['event_id', 'type', 'state_key', 'sender', 'origin_server_ts', 'room_id'])
    if (event[name] !== undefined) picked[name] = event[name]
  for (const path of paths) copyPath(event, picked, splitPath(path))
  picked['content'] ??= {}
  return picked
}

function copyPath(from: JsonObject, to: JsonObject, path: readonly string[]): void {
  const [name, ...rest] = path
  if (name === undefined || name === '__proto__' || !Object.hasOwn(from, name)) return
  const value = from[name] as Json
  if (rest.length === 0) {
    to[name] = value
    return
  }
  if (!isJsonObject(value)) return
  const there = Object.hasOwn(to, name) ? to[name] : undefined
  if (there === value) return
  const next: JsonObject = isJsonObject(there) ? there : {}
  to[name] = next
  copyPath(value, next, rest)
}

function splitPath(path: string): string[] {
  const parts = ['']
  for (let at = 0; at < path.length; at++) {
    const escaped = path[at] === '\\' && (path[at + 1] === '.' || path[at + 1] === '\\')
    if (escaped) at++
    if (!escaped && path[at] === '.') parts.push('')
    else parts.push(`${parts.pop() ?? ''}${path[at] ?? ''}`)
  }
  return parts
}

function parseRoomEventFilter(value: unknown, at: string): RoomEventFilter {
  const filter = objectAt(value, at)
  booleanAt(filter, 'include_redundant_members', at)
  return {
    ...parseEventFilter(filter, at),
    rooms: roomsAt(filter, 'rooms', at),
    notRooms: roomsAt(filter, 'not_rooms', at) ?? new Set(),
    containsUrl: booleanAt(filter, 'contains_url', at),
    lazyLoadMembers: booleanAt(filter, 'lazy_load_members', at) ?? false,
    unreadThreadNotifications: booleanAt(filter, 'unread_thread_notifications', at) ?? false,
  }
}

function parseEventFilter(filter: JsonObject, at: string): EventFilter {
  return {
    limit: limitAt(filter, at),
    types: stringsAt(filter, 'types', at),
    notTypes: stringsAt(filter, 'not_types', at) ?? [],
    senders: usersAt(filter, 'senders', at),
    notSenders: usersAt(filter, 'not_senders', at) ?? new Set(),
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson('filter is not valid JSON')
  }
}

// Some clients send null for an absent value, so null is read as absent.

function objectAt(value: unknown, at: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) throw badJson(`${at} must be an object`)
  return value
}

function booleanAt(filter: JsonObject, name: string, at: string): boolean | undefined {
  const value = filter[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw badJson(`${at}.${name} must be true or false`)
  return value
}

function limitAt(filter: JsonObject, at: string): number | undefined {
  const value = filter['limit'] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw badJson(`${at}.limit must be a whole number, 0 or more`)
  return value
}

function stringsAt(filter: JsonObject, name: string, at: string): readonly string[] | undefined {
  const value = filter[name] ?? undefined
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw badJson(`${at}.${name} must be a list of strings`)
  return value
}

function roomsAt(filter: JsonObject, name: string, at: string): ReadonlySet<string> | undefined {
  const list = stringsAt(filter, name, at)
  if (list && !list.every(isRoomId))
    throw badJson(`${at}.${name} must be a list of room ids, such as !opaque`)
  return list && new Set(list)
}

function usersAt(filter: JsonObject, name: string, at: string): ReadonlySet<string> | undefined {
  const list = stringsAt(filter, name, at)
  if (list && !list.every(isUserId))
    throw badJson(`${at}.${name} must be a list of user ids, such as @name:server`)
  return list && new Set(list)
}

/** The parts of a filter without effect here. They are checked so that a client learns of its mistakes. */
function checkUnused(filter: JsonObject): void {
  const format = filter['event_format'] ?? 'client'
  if (format !== 'client' && format !== 'federation')
    throw badJson('filter.event_format must be "client" or "federation"')
}

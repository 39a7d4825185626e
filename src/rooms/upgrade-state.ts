import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import { integerIn, levelOf, type Powers } from './power-levels.ts'
import { TOMBSTONE_LEVEL } from './room-preset.ts'
import type { RoomVersion } from './room-versions.ts'

// The contents that a room upgrade writes (client-server API, "Room Upgrades"). Pure.

/** The state that moves to the new room, in the order in which it is written. The encryption comes first. */
const CARRIED = [
  'm.room.encryption',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.server_acl',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
]
const SPACE = 'm.space'
export const CHILD = 'm.space.child'

/** The types of state that an upgrade reads from the old room. */
export const UPGRADE_TYPES = [
  ...CARRIED,
  CHILD,
  'm.room.create',
  'm.room.power_levels',
  'm.room.canonical_alias',
]

export type StateEvent = Pick<Event, 'type' | 'stateKey' | 'content'>

/** The events with an empty state key to write in the new room. */
export function carriedState(state: readonly StateEvent[]): StateEvent[] {
  return CARRIED.flatMap((type) => state.find((event) => event.type === type && event.stateKey === '') ?? [])
}

/** The rooms of a space, to write in the new one. */
export function carriedChildren(state: readonly StateEvent[]): StateEvent[] {
  const isSpace = contentOf(state, 'm.room.create')?.['type'] === SPACE
  return state.filter(({ type, content }) => isSpace && type === CHILD && isLinked(content))
}

/** A child without servers is removed from its space (client-server API, "Spaces"). */
export function isLinked(content: JsonObject): boolean {
  const { via } = content
  return Array.isArray(via) && via.some((server) => typeof server === 'string')
}

export function contentOf(state: readonly StateEvent[], type: string): JsonObject | undefined {
  return state.find((event) => event.type === type && event.stateKey === '')?.content
}

/** The content of `m.room.create` of the new room. Of the old creation content, it keeps the type and `m.federate`. */
export function replacementCreation(request: {
  version: RoomVersion
  creator: UserId
  before: JsonObject | undefined
  additionalCreators: readonly UserId[]
  predecessor: JsonObject
}): JsonObject {
  const { version, creator, before = {}, additionalCreators, predecessor } = request
  const others = [...new Set(additionalCreators)].filter((userId) => userId !== creator)
  return {
    room_version: version.id,
    ...(version.namesCreator && { creator }),
    ...(typeof before['type'] === 'string' && { type: before['type'] }),
    ...(before['m.federate'] === false && { 'm.federate': false }),
    ...(version.creatorsRule && others.length > 0 && { additional_creators: others }),
    predecessor,
  }
}

/**
 * The power levels of the new room: those of the old one. In a new room of version 12, `users` must not list
 * the creators, and only they may replace the room again, unless the old room was of that version too and
 * allowed it to others. In a new room of an earlier version, creators of version 12 get a level that allows
 * everything.
 */
export function replacementPowerLevels(
  old: Powers,
  { version, creators }: Pick<Powers, 'version' | 'creators'>,
): JsonObject {
  const before = old.powerLevels ?? {}
  const users = isJsonObject(before['users']) ? { ...before['users'] } : {}
  if (!version.creatorsRule) {
    if (old.version.creatorsRule || old.powerLevels === undefined)
      for (const creator of old.creators)
        if (levelOf(old, creator) > 0) users[creator] = Math.max(100, highestLevel(before))
    return { ...before, users }
  }
  for (const creator of creators) delete users[creator]
  const events = isJsonObject(before['events']) ? before['events'] : {}
  const present = integerIn(events, 'm.room.tombstone') ?? 0
  const above = Math.max(TOMBSTONE_LEVEL, (integerIn(before, 'state_default') ?? 50) + 1)
  const tombstone = old.version.creatorsRule && present > 0 ? present : Math.max(present, above)
  return { ...before, users, events: { ...events, 'm.room.tombstone': tombstone } }
}

function highestLevel(levels: JsonObject): number {
  const { events, users, ...single } = levels
  const values = [events, users, single].flatMap((map) => (isJsonObject(map) ? Object.values(map) : []))
  return Math.max(0, ...values.filter((value) => typeof value === 'number'))
}

const MODERATOR = 50

/**
 * The power levels that end the old room: users without a higher level can neither send events nor invite
 * (client-server API, "Room Upgrades", step 6). undefined: nothing has to change.
 */
export function endedPowerLevels(levels: JsonObject): JsonObject | undefined {
  const floor = Math.max(MODERATOR, (integerIn(levels, 'users_default') ?? 0) + 1)
  const raised: JsonObject = { ...levels }
  for (const [name, fallback] of [
    ['events_default', 0],
    ['invite', 0],
    ['state_default', MODERATOR],
  ] as const)
    if ((integerIn(levels, name) ?? fallback) < floor) raised[name] = floor
  const events = isJsonObject(levels['events']) ? levels['events'] : {}
  const low = Object.keys(events).filter((type) => (integerIn(events, type) ?? floor) < floor)
  if (low.length > 0)
    raised['events'] = { ...events, ...Object.fromEntries(low.map((type) => [type, floor])) }
  const isChanged = Object.keys(raised).some((name) => raised[name] !== levels[name])
  return isChanged ? raised : undefined
}

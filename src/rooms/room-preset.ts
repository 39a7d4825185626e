import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { RoomVersion } from './room-versions.ts'

export type Preset = 'private_chat' | 'trusted_private_chat' | 'public_chat'

/** The state events of a preset, in this order (client-server API, `POST /createRoom`). */
export function presetState(preset: Preset): { type: string; content: JsonObject }[] {
  const isPublic = preset === 'public_chat'
  return [
    { type: 'm.room.join_rules', content: { join_rule: isPublic ? 'public' : 'invite' } },
    { type: 'm.room.history_visibility', content: { history_visibility: 'shared' } },
    { type: 'm.room.guest_access', content: { guest_access: isPublic ? 'forbidden' : 'can_join' } },
  ]
}

const CREATOR_LEVEL = 100
const MODERATOR_LEVEL = 50
/** Only the creators of a room of version 12 may send `m.room.tombstone`. */
export const TOMBSTONE_LEVEL = 150

/** The first power levels of a room. `override` replaces whole keys, as on other servers. */
export function firstPowerLevels(room: {
  version: RoomVersion
  creator: UserId
  preset: Preset
  /** With the preset for trusted chats, the invited users get the creator's level. */
  invited: readonly UserId[]
  override: JsonObject
}): JsonObject {
  const { version, creator, preset, invited, override } = room
  const trusted = preset === 'trusted_private_chat' ? invited : []
  const users = version.creatorsRule
    ? {}
    : Object.fromEntries([creator, ...trusted].map((userId) => [userId, CREATOR_LEVEL]))
  const levels: JsonObject = {
    users,
    users_default: 0,
    events: {
      'm.room.name': MODERATOR_LEVEL,
      'm.room.avatar': MODERATOR_LEVEL,
      'm.room.canonical_alias': MODERATOR_LEVEL,
      'm.room.power_levels': CREATOR_LEVEL,
      'm.room.history_visibility': CREATOR_LEVEL,
      'm.room.encryption': CREATOR_LEVEL,
      'm.room.server_acl': CREATOR_LEVEL,
      'm.room.tombstone': version.creatorsRule ? TOMBSTONE_LEVEL : CREATOR_LEVEL,
    },
    events_default: 0,
    state_default: MODERATOR_LEVEL,
    ban: MODERATOR_LEVEL,
    kick: MODERATOR_LEVEL,
    redact: MODERATOR_LEVEL,
    invite: preset === 'public_chat' ? MODERATOR_LEVEL : 0,
    ...override,
  }
  return version.creatorsRule ? withTombstoneLevel(levels) : levels
}

/** Since version 12 the level for `m.room.tombstone` must be given, above `state_default`. */
function withTombstoneLevel(levels: JsonObject): JsonObject {
  const { events, state_default: stateDefault } = levels
  if (!isJsonObject(events) || events['m.room.tombstone'] !== undefined) return levels
  const above =
    typeof stateDefault === 'number' ? Math.max(TOMBSTONE_LEVEL, stateDefault + 1) : TOMBSTONE_LEVEL
  return { ...levels, events: { ...events, 'm.room.tombstone': above } }
}

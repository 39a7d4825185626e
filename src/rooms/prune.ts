import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { RoomVersion } from './room-versions.ts'

const POWER_LEVELS = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
]

/**
 * The part of an event's content that a redaction keeps (room versions 10 and 11, "Redactions"; 12 is the
 * same as 11). Pure.
 */
export function prunedContent(version: RoomVersion, type: string, content: JsonObject): JsonObject {
  const since11 = version.redactsInContent
  switch (type) {
    case 'm.room.create':
      return since11 ? content : only(content, ['creator'])
    case 'm.room.member':
      return prunedMember(since11, content)
    case 'm.room.join_rules':
      return only(content, ['join_rule', 'allow'])
    case 'm.room.power_levels':
      return only(content, since11 ? [...POWER_LEVELS, 'invite'] : POWER_LEVELS)
    case 'm.room.history_visibility':
      return only(content, ['history_visibility'])
    case 'm.room.redaction':
      return since11 ? only(content, ['redacts']) : {}
    default:
      return {}
  }
}

function prunedMember(since11: boolean, content: JsonObject): JsonObject {
  const kept = only(content, ['membership', 'join_authorised_via_users_server'])
  const invite = content['third_party_invite']
  if (since11 && isJsonObject(invite)) kept['third_party_invite'] = only(invite, ['signed'])
  return kept
}

function only(content: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(content).filter(([key]) => keys.includes(key)))
}

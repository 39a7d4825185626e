import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import type { RoomVersion } from './room-versions.ts'

/** The data that decides about permissions in a room (`m.room.power_levels`). */
export type Powers = {
  version: RoomVersion
  /** The result of `creatorsOf`. */
  creators: readonly UserId[]
  /** undefined: the room has no power levels yet. */
  powerLevels: JsonObject | undefined
}

const DEFAULTS = { ban: 50, kick: 50, redact: 50, invite: 0 }
const DEFAULT_STATE = 50
const CREATOR_WITHOUT_LEVELS = 100

/** The power level of a user: Infinity for the creators of a room of version 12. */
export function levelOf(powers: Powers, userId: UserId): number {
  const { version, creators, powerLevels } = powers
  if (version.creatorsRule && creators.includes(userId)) return Infinity
  if (!powerLevels) return creators.includes(userId) ? CREATOR_WITHOUT_LEVELS : 0
  return integerIn(powerLevels['users'], userId) ?? integerIn(powerLevels, 'users_default') ?? 0
}

/** The power level needed for an action on another user, or on their events. */
export function levelToAct(powers: Powers, action: keyof typeof DEFAULTS): number {
  return integerIn(powers.powerLevels, action) ?? DEFAULTS[action]
}

/** The power level needed to send an event of this type. */
export function levelToSend(powers: Powers, type: string, isState: boolean): number {
  const { powerLevels } = powers
  const named = integerIn(powerLevels?.['events'], type)
  if (named !== undefined) return named
  return isState
    ? (integerIn(powerLevels, 'state_default') ?? DEFAULT_STATE)
    : (integerIn(powerLevels, 'events_default') ?? 0)
}

export function integerIn(levels: Json | undefined, name: string): number | undefined {
  if (!isJsonObject(levels) || !Object.hasOwn(levels, name)) return undefined
  const level = levels[name]
  return Number.isSafeInteger(level) ? (level as number) : undefined
}

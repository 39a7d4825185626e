import { isObject } from './key-path.ts'
import type { EvaluationContext } from './model.ts'

const DEFAULT_NOTIFICATION_LEVEL = 50
const CREATOR_LEVEL = 100
/** The last room version in which power levels may be strings or floats. */
const LAST_LENIENT_VERSION = 9
/** The first room version whose creators stand above all power levels. */
const FIRST_VERSION_OF_CREATORS = 12

/**
 * Whether `sender` may trigger notifications of the sort `key` (`m.room.power_levels`, "notifications"): their level must
 * reach `notifications[key]`, 50 unless given. A level that the room's version does not allow counts as not given. A
 * room version that is not a number is read as version 11 is: integers only, and no special creators.
 */
export function maySenderNotify(context: EvaluationContext, sender: string, key: string): boolean {
  const version = /^[0-9]+$/.test(context.roomVersion ?? '') ? Number(context.roomVersion) : undefined
  const isCreator = context.creators?.includes(sender) ?? false
  if (isCreator && version !== undefined && version >= FIRST_VERSION_OF_CREATORS) return true

  const lenient = version !== undefined && version <= LAST_LENIENT_VERSION
  const content = context.powerLevels
  if (!isObject(content)) return (isCreator ? CREATOR_LEVEL : 0) >= DEFAULT_NOTIFICATION_LEVEL
  const needed = levelIn(content['notifications'], key, lenient) ?? DEFAULT_NOTIFICATION_LEVEL
  const held = levelIn(content['users'], sender, lenient) ?? levelIn(content, 'users_default', lenient) ?? 0
  return held >= needed
}

function levelIn(levels: unknown, name: string, lenient: boolean): number | undefined {
  if (!isObject(levels) || !Object.hasOwn(levels, name)) return undefined
  const level = levels[name]
  if (typeof level === 'number') {
    if (Number.isSafeInteger(level)) return level
    return lenient && Number.isFinite(level) ? Math.trunc(level) : undefined
  }
  if (lenient && typeof level === 'string' && /^\s*[+-]?[0-9]+\s*$/.test(level)) return Number(level)
  return undefined
}

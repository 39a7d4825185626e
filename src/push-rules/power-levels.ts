import { isObject } from './key-path.ts'
import { meter } from './meter.ts'
import type { EvaluationContext } from './model.ts'

const DEFAULT_NOTIFICATION_LEVEL = 50
const CREATOR_LEVEL = 100
/** The last room version in which power levels may be strings or floats. */
const LAST_LENIENT_VERSION = 9
/** The first room version whose creators rank above all power levels. */
const FIRST_VERSION_OF_CREATORS = 12

/**
 * The permissions that rules can check for the user (MSC4506), each with the level needed when the room does not set
 * one.
 */
const RECIPIENT_PERMISSIONS = { invite: 0, kick: 50, ban: 50, redact: 50 } as const
type RecipientPermission = keyof typeof RECIPIENT_PERMISSIONS

export function isRecipientPermission(key: unknown): key is RecipientPermission {
  return typeof key === 'string' && Object.hasOwn(RECIPIENT_PERMISSIONS, key)
}

/**
 * `held`: the level of the user. `needed`: the level required. `held` is Infinity for the creators of rooms since
 * version 12.
 */
export type Levels = { readonly held: number; readonly needed: number }

/**
 * Whether `sender` may trigger notifications of the kind `key` (`m.room.power_levels`, "notifications"): their level
 * must reach `notifications[key]`, by default 50. A level whose type the room version does not allow is ignored. A
 * room version that is not a number is treated like version 11: integers only, and no special creators.
 */
export function maySenderNotify(context: EvaluationContext, sender: string, key: string): boolean {
  const { held, needed } = levelsToNotify(context, sender, key)
  return held >= needed
}

export function levelsToNotify(context: EvaluationContext, sender: string, key: string): Levels {
  const { powerLevels } = context
  const given = isObject(powerLevels)
    ? levelIn(powerLevels['notifications'], key, isLenient(context))
    : undefined
  return { held: levelOf(context, sender), needed: given ?? DEFAULT_NOTIFICATION_LEVEL }
}

/** Whether the user of the evaluation may do `key`. Without a user, the default level of the room is used. */
export function mayRecipient(context: EvaluationContext, key: RecipientPermission): boolean {
  const { held, needed } = levelsOfRecipient(context, key)
  return held >= needed
}

export function levelsOfRecipient(context: EvaluationContext, key: RecipientPermission): Levels {
  const given = levelIn(context.powerLevels, key, isLenient(context))
  return { held: levelOf(context, context.userId), needed: given ?? RECIPIENT_PERMISSIONS[key] }
}

/** The users whose power level may differ from the default level of the room. */
export function usersWithLevels({ powerLevels, creators }: EvaluationContext): string[] {
  const users = isObject(powerLevels) ? powerLevels['users'] : undefined
  return [...(isObject(users) ? Object.keys(users) : []), ...(creators ?? [])]
}

function versionOf({ roomVersion }: EvaluationContext): number | undefined {
  return /^[0-9]+$/.test(roomVersion ?? '') ? Number(roomVersion) : undefined
}

function isLenient(context: EvaluationContext): boolean {
  return (versionOf(context) ?? Infinity) <= LAST_LENIENT_VERSION
}

function levelOf(context: EvaluationContext, userId: string | undefined): number {
  meter.left -= context.creators?.length ?? 0
  const isCreator = userId !== undefined && (context.creators?.includes(userId) ?? false)
  if (isCreator && (versionOf(context) ?? 0) >= FIRST_VERSION_OF_CREATORS) return Infinity
  const content = context.powerLevels
  if (!isObject(content)) return isCreator ? CREATOR_LEVEL : 0
  const lenient = isLenient(context)
  const own = userId === undefined ? undefined : levelIn(content['users'], userId, lenient)
  return own ?? levelIn(content, 'users_default', lenient) ?? 0
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

import { isObject } from './key-path.ts'
import { meter } from './meter.ts'
import type { EvaluationContext } from './model.ts'

const DEFAULT_NOTIFICATION_LEVEL = 50
const CREATOR_LEVEL = 100
/** The last room version in which power levels may be strings or floats. */
const LAST_LENIENT_VERSION = 9
/** The first room version whose creators stand above all power levels. */
const FIRST_VERSION_OF_CREATORS = 12

/** What MSC4506 lets rules ask about the person, with the level needed when the room does not say. */
const RECIPIENT_PERMISSIONS = { invite: 0, kick: 50, ban: 50, redact: 50 } as const
type RecipientPermission = keyof typeof RECIPIENT_PERMISSIONS

export function isRecipientPermission(key: unknown): key is RecipientPermission {
  return typeof key === 'string' && Object.hasOwn(RECIPIENT_PERMISSIONS, key)
}

/** What somebody has, and what is needed. `held` is Infinity for the creators of rooms since version 12. */
export type Levels = { readonly held: number; readonly needed: number }

/**
 * Whether `sender` may trigger notifications of the sort `key` (`m.room.power_levels`, "notifications"): their level must
 * reach `notifications[key]`, 50 unless given. A level that the room's version does not allow counts as not given. A
 * room version that is not a number is read as version 11 is: integers only, and no special creators.
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

/** Whether the person for whom rules are evaluated may do `key`; without a person, whoever has the room's default level. */
export function mayRecipient(context: EvaluationContext, key: RecipientPermission): boolean {
  const { held, needed } = levelsOfRecipient(context, key)
  return held >= needed
}

export function levelsOfRecipient(context: EvaluationContext, key: RecipientPermission): Levels {
  const given = levelIn(context.powerLevels, key, isLenient(context))
  return { held: levelOf(context, context.userId), needed: given ?? RECIPIENT_PERMISSIONS[key] }
}

/** Whose power level may differ from everybody else's. */
export function peopleWithLevels({ powerLevels, creators }: EvaluationContext): string[] {
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

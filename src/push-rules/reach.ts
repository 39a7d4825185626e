import { compileCondition, type ConditionOptions, never, type Test } from './conditions.ts'
import { conditionKey, patternKey, senderKey, type IndexKey } from './index-key.ts'
import { isObject, ROOM_ID_KEY } from './key-path.ts'
import type { RuleKind } from './model.ts'
import { foldedType } from './event.ts'
import { isTimeAndDay, parseSchedule, scheduleText } from './time-and-day.ts'

/**
 * The members that a rule can match for, derived from its conditions alone, without an event. Undefined: it never
 * matches where notifications are counted.
 * - `common`: it checks nothing that differs between the users who have it (except their power level, see
 *   `asksPermission`);
 * - `key`: it matches only events that have this key; its owner is found by index;
 * - `name`: it matches only events whose body contains the owner's display name;
 * - `owner`: it concerns its owner, who cannot be found by index, so it is always tried.
 */
export type Reach =
  | { readonly by: 'common' | 'name' | 'owner' | 'self' }
  | { readonly by: 'key'; readonly key: IndexKey }

export const COMMON: Reach = { by: 'common' }
export const BY_NAME: Reach = { by: 'name' }
export const BY_OWNER: Reach = { by: 'owner' }
/** A shared default rule that refers to `context.userId`. The user is found by `selfKeys`. */
export const BY_SELF: Reach = { by: 'self' }

/** The compiled conditions of a rule, and the properties derived from them. */
export type CompiledConditions = {
  /** All tests except the one for `type`. */
  readonly tests: readonly Test[]
  readonly reach: Reach | undefined
  /** The only event type that can match, case folded; undefined: any type. */
  readonly type: string | undefined
  /** The tests that check the room. */
  readonly where: readonly Test[]
  readonly asksPermission: boolean
  /** The conditions that do not check the room. Those on the time have their time zone. */
  readonly elsewhere: readonly unknown[]
  /** The conditions on the time as a text. */
  readonly schedule?: string | undefined
}

const NONE: readonly never[] = []

/** `conditions`: any JSON. */
export function compileConditions(conditions: unknown, options: ConditionOptions = {}): CompiledConditions {
  // A value that is not a list counts as one malformed condition, which never matches.
  const list: readonly unknown[] =
    conditions === undefined ? NONE : Array.isArray(conditions) ? conditions : [null]
  const type = list.map(typeNamed).find((named) => named !== undefined)
  const all = list.map((condition) => compileCondition(condition, options))
  const asksRoom = list.map(isAboutRoom)
  const tests = type === undefined ? all : all.filter((_, at) => typeNamed(list[at]) !== type)
  return {
    tests: tests.length === 0 ? NONE : tests,
    reach: tests.includes(never) || list.some(isAboutDevice) ? undefined : reachOf(list),
    type,
    where: asksRoom.includes(true) ? all.filter((_, at) => asksRoom[at]) : NONE,
    asksPermission: list.some(isAboutPermission),
    elsewhere: list.filter((_, at) => asksRoom[at] !== true).map((one) => withZone(one, options)),
    schedule: schedulesIn(list, options),
  }
}

/**
 * For the kinds with predefined conditions: content, room and sender. `subject`: the pattern, or the id of the rule.
 */
export function reachOfKind(kind: RuleKind, subject: unknown): Reach | undefined {
  if (kind === 'room') return COMMON
  if (typeof subject !== 'string') return undefined
  const key = kind === 'sender' ? senderKey(subject) : patternKey(subject)
  return key === undefined ? COMMON : { by: 'key', key }
}

function reachOf(conditions: readonly unknown[]): Reach {
  const keys = conditions.map(conditionKey).filter((key) => key !== undefined)
  // The key that finds the fewest events comes first: users, then words, then parts of words.
  const [key] = keys.toSorted((a, b) => rarity(a) - rarity(b))
  if (key !== undefined) return { by: 'key', key }
  return conditions.some(isAboutName) ? BY_NAME : COMMON
}

const MARKS = 'mrkfwnHDBA8421'
const rarity = (key: IndexKey) => MARKS.indexOf(key.charAt(0))

const kindOf = (condition: unknown) => (isObject(condition) ? condition['kind'] : undefined)
const isAboutName = (condition: unknown) => kindOf(condition) === 'contains_display_name'
const isAboutDevice = (condition: unknown) => kindOf(condition) === 'profile_tag'
const isAboutPermission = (condition: unknown) => String(kindOf(condition)).endsWith('recipient_permission')

function isAboutRoom(condition: unknown): boolean {
  if (!isObject(condition)) return false
  const { kind, key } = condition
  if (kind === 'org.belfry.room_tag') return true
  return key === ROOM_ID_KEY && (kind === 'event_match' || kind === 'event_property_is')
}

/** Two users with the same rule and other time zones have other outcomes. */
function withZone(condition: unknown, { timezone }: ConditionOptions): unknown {
  return isObject(condition) && isTimeAndDay(condition['kind']) ? [condition, timezone] : condition
}

function schedulesIn(conditions: readonly unknown[], { timezone }: ConditionOptions): string | undefined {
  const texts = conditions.flatMap((condition) => {
    if (!isObject(condition) || !isTimeAndDay(condition['kind'])) return []
    const schedule = parseSchedule(condition, timezone)
    return schedule === undefined ? [] : [scheduleText(schedule)]
  })
  return texts.length === 0 ? undefined : texts.join(' and ')
}

function typeNamed(condition: unknown): string | undefined {
  if (!isObject(condition) || condition['kind'] !== 'event_match' || condition['key'] !== 'type')
    return undefined
  const { pattern } = condition
  return typeof pattern === 'string' && !/[*?]/.test(pattern) ? foldedType(pattern) : undefined
}

import {
  compileCondition,
  type ConditionOptions,
  isReplyInThread,
  isSubscribed,
  never,
} from './conditions.ts'
import type { EvaluatedEvent } from './event.ts'
import { BODY_KEY, isObject, parseKeyPath, valueAt } from './key-path.ts'
import type { EvaluationContext } from './model.ts'
import { isRecipientPermission, levelsOfRecipient, levelsToNotify, type Levels } from './power-levels.ts'
import { localTimeAt, localTimeText, parseSchedule, scheduleText } from './time-and-day.ts'

/** The result of one condition for one event. */
export type ExplainedCondition = {
  /** As written in the rule. For rules of kind content, room and sender: the condition that the kind implies. */
  readonly condition: unknown
  readonly holds: boolean
  /**
   * The expected value: a pattern, a value, a count or a level. Undefined: there is none (for example no display
   * name).
   */
  readonly expected: unknown
  /** The value of the event or the room; long texts and lists are cut. Undefined: there is none. */
  readonly actual: unknown
}

export function explainCondition(
  { condition, options }: { condition: unknown; options: ConditionOptions },
  event: EvaluatedEvent,
  context: EvaluationContext,
): ExplainedCondition {
  const test = compileCondition(condition, options)
  const [expected, actual] =
    test === never || !isObject(condition)
      ? notUnderstood(condition)
      : compared(condition, event, { context, options })
  return { condition, holds: test(event, context), expected, actual: cut(actual) }
}

type Compared = readonly [expected: unknown, actual: unknown]

function notUnderstood(condition: unknown): Compared {
  return ['a well-formed condition of a known kind', isObject(condition) ? condition['kind'] : condition]
}

function compared(
  condition: Record<string, unknown>,
  event: EvaluatedEvent,
  { context, options }: { context: EvaluationContext; options: ConditionOptions },
): Compared {
  const { key } = condition
  switch (condition['kind']) {
    case 'event_match':
      return [condition['pattern'], found(event, key)]
    case 'event_property_is':
    case 'event_property_contains':
      return [condition['value'], found(event, key)]
    case 'contains_display_name':
      return [context.displayName, found(event, BODY_KEY)]
    case 'room_member_count':
      return [condition['is'], context.memberCount]
    case 'sender_notification_permission':
      return event.sender === null
        ? [undefined, undefined]
        : levels(levelsToNotify(context, event.sender, String(key)))
    case 'profile_tag':
      return [condition['profile_tag'], context.profileTag]
    case 'io.element.msc4306.thread_subscription':
      return [
        condition['subscribed'],
        isReplyInThread(event) ? isSubscribed(context) : 'no reply in a thread',
      ]
    case 'time_and_day':
    case 'org.matrix.msc3767.time_and_day':
      return times(condition, context, options)
    case 'org.belfry.room_tag':
      return [
        condition['tagged'],
        event.roomId !== null &&
          options.taggedRooms?.get(String(condition['tag']))?.has(event.roomId) === true,
      ]
    default:
      return isRecipientPermission(key) ? levels(levelsOfRecipient(context, key)) : [undefined, undefined]
  }
}

/** As texts: the schedule with its time zone, and the local time of the event. */
function times(
  condition: Record<string, unknown>,
  { moment }: EvaluationContext,
  { timezone }: ConditionOptions,
): Compared {
  const schedule = parseSchedule(condition, timezone)
  if (schedule === undefined) return [undefined, undefined]
  const local = moment && localTimeAt(moment, schedule.timezone)
  const unknown = moment && `unknown time zone ${schedule.timezone.slice(0, 100)}`
  return [scheduleText(schedule), local === undefined ? unknown : localTimeText(local)]
}

function found(event: EvaluatedEvent, key: unknown): unknown {
  return valueAt(event.source, parseKeyPath(String(key)).names)
}

/** Infinity, the level of a creator, has no representation in JSON. */
function levels({ held, needed }: Levels): Compared {
  return [needed, held === Infinity ? 'creator' : held]
}

const MAX_TEXT = 500
const MAX_ITEMS = 50

function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  if (Array.isArray(value))
    return value.slice(0, MAX_ITEMS).map((item: unknown) => (isObject(item) ? {} : cut(item)))
  return isObject(value) ? {} : value
}

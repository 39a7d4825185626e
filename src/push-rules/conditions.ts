import { bodyIndex, bodyOf, eventValue, foldedAt, foldedType, hasItem, type EvaluatedEvent } from './event.ts'
import {
  compileGlob,
  containsIndexed,
  containsWords,
  type Glob,
  matchesIndexed,
  matchesWhole,
  matchesWords,
} from './glob.ts'
import { BODY_KEY, isObject, type KeyPath, parseKeyPath } from './key-path.ts'
import { meter } from './meter.ts'
import type { EvaluationContext, ExperimentalRules, OwnerFacts, Scalar } from './model.ts'
import { isRecipientPermission, mayRecipient, maySenderNotify } from './power-levels.ts'
import { canBeName, fold, foldsTo } from './text.ts'
import { holdsAt, parseSchedule } from './time-and-day.ts'

/** A compiled condition. It is pure and never throws. */
export type Test = (event: EvaluatedEvent, context: EvaluationContext) => boolean

const MENTIONS_ROOM_KEY = 'content.m\\.mentions.room'
const MEMBER_COUNT = /^(==|<=|>=|<|>)?([0-9]+)$/

/** In UTF-16 units. After the step limit is reached, longer display names are not searched for. */
const USUAL_NAME_LENGTH = 256

export type ConditionOptions = OwnerFacts & { readonly experimental?: ExperimentalRules | undefined }

/** The test that never matches. Callers compare with this function by identity. */
export const never: Test = () => false

/**
 * `condition`: any JSON. A malformed condition and a condition of an unknown kind never match (client-server API,
 * "Conditions").
 */
export function compileCondition(condition: unknown, options: ConditionOptions = {}): Test {
  if (!isObject(condition)) return never
  const { experimental } = options
  switch (condition['kind']) {
    case 'event_match':
      return eventMatch(condition['key'], condition['pattern'])
    case 'event_property_is':
      return eventPropertyIs(condition['key'], condition['value'])
    case 'event_property_contains':
      return eventPropertyContains(condition['key'], condition['value'])
    case 'contains_display_name':
      return containsDisplayName
    case 'room_member_count':
      return roomMemberCount(condition['is'])
    case 'sender_notification_permission':
      return senderNotificationPermission(condition['key'])
    case 'profile_tag':
      return profileTag(condition['profile_tag'])
    case 'recipient_permission':
    case 'org.matrix.msc4506.recipient_permission':
      return experimental?.knocks === true ? recipientPermission(condition['key']) : never
    case 'io.element.msc4306.thread_subscription':
      return experimental?.threadSubscriptions === true ? threadSubscription(condition['subscribed']) : never
    case 'time_and_day':
    case 'org.matrix.msc3767.time_and_day':
      return timeAndDay(condition, options.timezone)
    case 'org.belfry.room_tag':
      return roomTag(condition, options)
    default:
      return never
  }
}

/** The predefined condition of content rules: it matches whole words of `content.body`. */
export function bodyMatch(pattern: unknown): Test {
  if (typeof pattern !== 'string') return never
  const glob = compileGlob(pattern)
  if (pattern === '@room') return (event) => (event.namesRoom ??= isFound(glob, event))
  return (event) => isFound(glob, event)
}

/** Whether words of the body match. The body is searched directly until an index of it is cheaper. */
export function isFound(glob: Glob, event: EvaluatedEvent): boolean {
  const body = bodyOf(event)
  if (body === null) return false
  const index = bodyIndex(event, body)
  const told = index === undefined ? undefined : matchesIndexed(glob, index)
  if (told !== undefined) return told
  const before = meter.left
  const matches = matchesWords(glob, body)
  event.searched += before - meter.left
  return matches
}

function eventMatch(key: unknown, pattern: unknown): Test {
  if (typeof key !== 'string' || typeof pattern !== 'string') return never
  // Only this exact path is searched for words; `content\.body` is another property.
  if (key === BODY_KEY) return bodyMatch(pattern)
  const path = parseKeyPath(key)
  return below(
    path,
    /[*?]/.test(pattern) ? globMatch(path, compileGlob(pattern)) : literalMatch(path, pattern),
  )
}

/** Longer paths are charged to the step counter. */
const SHORT_PATH = 4

function below({ names }: KeyPath, test: Test): Test {
  if (names.length <= SHORT_PATH) return test
  return (event, context) => {
    meter.left -= names.length
    return test(event, context)
  }
}

// Each test is made in a function of its own, so that its closure keeps only the values that it needs.

function literalMatch(path: KeyPath, pattern: string): Test {
  if (path.key === 'type') {
    const type = foldedType(pattern)
    return (event) => event.type === type
  }
  const wanted = fold(pattern)
  if (path.key === 'content.msgtype')
    return (event) => event.msgtype !== null && foldsTo(event.msgtype, wanted)
  return (event) => {
    const text = eventValue(event, path)
    return typeof text === 'string' && foldsTo(text, wanted)
  }
}

function globMatch(path: KeyPath, glob: Glob): Test {
  return (event) => {
    const text = foldedAt(event, path)
    return text !== null && matchesWhole(glob, text)
  }
}

function eventPropertyIs(key: unknown, value: unknown): Test {
  if (typeof key !== 'string' || !isScalar(value)) return never
  if (key === MENTIONS_ROOM_KEY) return (event) => isSame(event.mentionsRoom, value)
  const path = parseKeyPath(key)
  return wherePresent(
    path,
    below(path, (event) => isSame(eventValue(event, path), value)),
  )
}

/**
 * `===`, written so that undefined is never compared with a boolean. V8 optimises that comparison and deoptimises it
 * again in an endless loop (Node 26; it cost more than the rest of an evaluation).
 */
function isSame(found: unknown, value: Scalar): boolean {
  return typeof found === typeof value && found === value
}

function eventPropertyContains(key: unknown, value: unknown): Test {
  if (typeof key !== 'string' || !isScalar(value)) return never
  const path = parseKeyPath(key)
  return wherePresent(
    path,
    below(path, (event) => hasItem(event, path, value)),
  )
}

/** Conditions below these two properties are tried for every event, and most events have neither. */
function wherePresent({ inContent }: KeyPath, test: Test): Test {
  if (inContent?.name === 'm.mentions') return (event, context) => event.hasMentions && test(event, context)
  if (inContent?.name === 'm.relates_to') return (event, context) => event.hasRelation && test(event, context)
  return test
}

/** "Strings, integers in the range of [-(2**53)+1, (2**53)-1], booleans, and null." */
function isScalar(value: unknown): value is Scalar {
  return (
    value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value)
  )
}

/**
 * The name is matched literally, with the word boundaries of `content.body`. A name without a letter, digit or emoji
 * (`canBeName`) never matches, because it would highlight nearly every message.
 */
function containsDisplayName(event: EvaluatedEvent, { displayName }: EvaluationContext): boolean {
  if (displayName === undefined) return false
  const body = bodyOf(event)
  return body !== null && isNamed(event, body, displayName) && canBeName(displayName)
}

function isNamed(event: EvaluatedEvent, body: string, name: string): boolean {
  if (meter.left <= 0 && name.length > USUAL_NAME_LENGTH) return false
  const index = bodyIndex(event, body)
  const told = index === undefined ? undefined : containsIndexed(index, name)
  if (told !== undefined) return told
  const before = meter.left
  const contains = containsWords(body, name)
  event.searched += before - meter.left
  return contains
}

function roomMemberCount(is: unknown): Test {
  const parsed = typeof is === 'string' ? MEMBER_COUNT.exec(is) : null
  if (parsed === null) return never
  const number = Number(parsed[2])
  switch (parsed[1]) {
    case '<':
      return (_, context) => context.memberCount < number
    case '>':
      return (_, context) => context.memberCount > number
    case '<=':
      return (_, context) => context.memberCount <= number
    case '>=':
      return (_, context) => context.memberCount >= number
    default:
      return (_, context) => context.memberCount === number
  }
}

function senderNotificationPermission(key: unknown): Test {
  if (typeof key !== 'string') return never
  return (event, context) => event.sender !== null && maySenderNotify(context, event.sender, key)
}

function profileTag(tag: unknown): Test {
  if (typeof tag !== 'string') return never
  return (_, context) => context.profileTag === tag
}

const RELATION_TYPE = parseKeyPath('content.m\\.relates_to.rel_type')

/** Whether the event is a reply in a thread. */
export function isReplyInThread(event: EvaluatedEvent): boolean {
  return event.hasRelation && eventValue(event, RELATION_TYPE) === 'm.thread'
}

/** Without a user, no subscription is assumed. */
export const isSubscribed = ({ userId, subscribers }: EvaluationContext): boolean =>
  userId !== undefined && subscribers?.has(userId) === true

function threadSubscription(subscribed: unknown): Test {
  if (typeof subscribed !== 'boolean') return never
  return (event, context) => isReplyInThread(event) && isSubscribed(context) === subscribed
}

/** Without a user, the default power level of the room is used. */
function recipientPermission(key: unknown): Test {
  if (!isRecipientPermission(key)) return never
  return (_, context) => mayRecipient(context, key)
}

function timeAndDay(condition: Record<string, unknown>, timezone: string | undefined): Test {
  const schedule = parseSchedule(condition, timezone)
  return schedule === undefined ? never : (_, { moment }) => holdsAt(schedule, moment)
}

function roomTag({ tag, tagged }: Record<string, unknown>, { taggedRooms }: OwnerFacts): Test {
  if (typeof tag !== 'string' || typeof tagged !== 'boolean') return never
  const rooms = taggedRooms?.get(tag)
  return ({ roomId }) => roomId !== null && (rooms?.has(roomId) === true) === tagged
}

/** The test of a rule with an end: the event was accepted before it. */
export function isBefore(until: number): Test {
  return (_, { moment }) => moment !== undefined && moment.at < until
}

import { BODY_KEY, isObject, MENTIONED_USERS_KEY, ownValue, valueAt, type KeyPath } from './key-path.ts'
import { meter } from './meter.ts'
import { cut, fold } from './text.ts'
import { indexText, STEPS_PER_UNIT, type TextIndex } from './text-index.ts'

/**
 * An event prepared once and shared by all its evaluations. It caches lookups: a text is folded once and a list is
 * indexed once, for any number of rules and users. It belongs to one event and is dropped with it.
 */
export type EvaluatedEvent = {
  /** The event in the client format: `type`, `sender`, `room_id`, `content`, and `state_key` for state events. */
  readonly source: unknown
  readonly sender: string | null
  readonly roomId: string | null
  /** Whether the content has a property `m.mentions`, of any type. If so, the legacy mention rules do not apply. */
  readonly hasMentions: boolean
  /** The values in `m.mentions`, of any type; undefined if absent. */
  readonly mentionedUsers: unknown
  readonly mentionsRoom: unknown
  /** Whether the content has a property `m.relates_to`, of any type. */
  readonly hasRelation: boolean
  readonly content: Record<string, unknown> | undefined
  /** `content.msgtype`, unchanged. */
  readonly msgtype: string | null
  /** The event type, case folded. */
  readonly type: string | null
  /** See `typeCode`. */
  readonly typeCode: number
  /** Cached lookups, by path. Created with the first entry. */
  kept: Kept | undefined
  /** Whether the body contains `@room`, which a default rule of every user checks; undefined: not looked up yet. */
  namesRoom: boolean | undefined
  /** The case-folded text of the body; undefined: not looked up yet. */
  body: string | null | undefined
  /**
   * Steps that direct searches of the body have cost: in all evaluations that share a budget, or in the current one
   * (see `bodyIndex`).
   */
  searched: number
  bodyIndex: TextIndex | undefined
}

type Kept = { readonly folded: Map<string, string>; readonly items: Map<string, Items> }
type Items = ReadonlySet<unknown> | readonly unknown[] | null

/**
 * `event`: any JSON. Rules do not match a value that is not an event. Do not change it while the result is in use.
 */
export function prepareEvent(event: unknown): EvaluatedEvent {
  const source = isObject(event) ? event : {}
  const value = ownValue(source, 'content')
  const content = isObject(value) ? value : undefined
  // Read by name and not through `ownValue`: every event needs these, and this costs half as much.
  const msgtype = content?.['msgtype']
  const hasMentions = content?.['m.mentions'] !== undefined && Object.hasOwn(content, 'm.mentions')
  const mentions = hasMentions && isObject(content['m.mentions']) ? content['m.mentions'] : undefined
  const written = textAt(source, 'type')
  const type = written === null ? null : foldedType(written)
  return {
    source: event,
    sender: textAt(source, 'sender'),
    roomId: textAt(source, 'room_id'),
    hasMentions,
    mentionedUsers:
      mentions?.['user_ids'] !== undefined && Object.hasOwn(mentions, 'user_ids')
        ? mentions['user_ids']
        : undefined,
    mentionsRoom:
      mentions?.['room'] !== undefined && Object.hasOwn(mentions, 'room') ? mentions['room'] : undefined,
    hasRelation: content?.['m.relates_to'] !== undefined && Object.hasOwn(content, 'm.relates_to'),
    content,
    msgtype:
      content !== undefined && typeof msgtype === 'string' && Object.hasOwn(content, 'msgtype')
        ? msgtype
        : null,
    type,
    typeCode: type === null ? OTHER_TYPE : typeCode(type),
    kept: undefined,
    namesRoom: undefined,
    body: undefined,
    searched: 0,
    bodyIndex: undefined,
  }
}

function textAt(event: Record<string, unknown>, name: string): string | null {
  const value = ownValue(event, name)
  return typeof value === 'string' ? value : null
}

/**
 * Most events have one of these types, and many rules are for one of them. Comparing a number is cheaper than
 * comparing text.
 */
const USUAL_TYPES: ReadonlyMap<string, { type: string; code: number }> = new Map(
  ['message', 'encrypted', 'member', 'tombstone', 'server_acl', 'redaction']
    .map((name) => `m.room.${name}`)
    .concat('m.reaction', 'm.call.invite')
    .map((type, at) => [type, { type, code: at + 1 }]),
)
export const OTHER_TYPE = 0
/** For rules that match any type. */
export const ANY_TYPE = -1

/** `type`: case folded. Equal types have equal codes. Types with the code OTHER_TYPE must be compared as text. */
export function typeCode(type: string): number {
  return USUAL_TYPES.get(type)?.code ?? OTHER_TYPE
}

/** The case-folded form of a type, or of a type pattern without wildcards. */
export function foldedType(type: string): string {
  return USUAL_TYPES.get(type)?.type ?? fold(type)
}

/** The value at a path, or undefined. */
export function eventValue(event: EvaluatedEvent, path: KeyPath): unknown {
  const { inContent } = path
  if (inContent === undefined) return valueAt(event.source, path.names)
  if (event.content === undefined) return undefined
  if (path.key === MENTIONED_USERS_KEY) return event.mentionedUsers
  if (inContent.name === 'm.relates_to') {
    return event.hasRelation ? below(event.content['m.relates_to'], inContent.below) : undefined
  }
  const value = ownValue(event.content, inContent.name)
  return value === undefined ? undefined : below(value, inContent.below)
}

function below(value: unknown, names: readonly string[]): unknown {
  return names.length === 0 ? value : valueAt(value, names)
}

/**
 * The number of UTF-16 units of a body that are searched. The rest of the body is ignored. Most of the cost of a
 * message grows with this length.
 */
export const MAX_BODY_LENGTH = 8192

/** The case-folded text of `content.body`, cut at `MAX_BODY_LENGTH`, or null if there is no text. */
export function bodyOf(event: EvaluatedEvent): string | null {
  if (event.body === undefined) {
    const value = event.content === undefined ? undefined : ownValue(event.content, 'body')
    event.body = typeof value === 'string' ? fold(cut(value, MAX_BODY_LENGTH)) : null
  }
  return event.body
}

/**
 * The index of the body, once direct searches have cost as many steps as the index costs. Undefined until then, which
 * is the case for most messages.
 */
export function bodyIndex(event: EvaluatedEvent, body: string): TextIndex | undefined {
  if (event.searched <= STEPS_PER_UNIT * body.length + STEPS_PER_UNIT) return undefined
  event.bodyIndex ??= indexText(body)
  return event.bodyIndex
}

/** Shorter texts are folded each time, because folding is cheaper than a cache lookup. */
const LONG_TEXT = 64

/** The case-folded text at a path, or null if there is no text. */
export function foldedAt(event: EvaluatedEvent, path: KeyPath): string | null {
  if (path.key === 'type') return event.type
  if (path.key === BODY_KEY) return bodyOf(event)
  const value = eventValue(event, path)
  if (typeof value !== 'string') return null
  if (value.length < LONG_TEXT) return fold(value)
  const { folded } = keep(event)
  meter.left -= value.length >> 3
  const kept = folded.get(path.key)
  if (kept !== undefined) return kept
  const text = fold(value)
  folded.set(path.key, text)
  return text
}

/** Lists longer than this are indexed. */
const SHORT_LIST = 8

/** Whether the list at a path has this item; false if there is no list. */
export function hasItem(event: EvaluatedEvent, path: KeyPath, item: unknown): boolean {
  const items = itemsAt(event, path)
  if (items === null) return false
  return items instanceof Set ? items.has(item) : (items as readonly unknown[]).includes(item)
}

/** The items of the list at a path, or null if there is no list. */
export function itemsAt(event: EvaluatedEvent, path: KeyPath): Items {
  const value = eventValue(event, path)
  if (!Array.isArray(value)) return null
  if (value.length <= SHORT_LIST) return value as readonly unknown[]
  const kept = event.kept?.items.get(path.key)
  if (kept !== undefined) return kept
  meter.left -= 4 * value.length
  const items = new Set<unknown>(value)
  keep(event).items.set(path.key, items)
  return items
}

function keep(event: EvaluatedEvent): Kept {
  event.kept ??= { folded: new Map(), items: new Map() }
  return event.kept
}

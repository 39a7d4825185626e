import { BODY_KEY, isObject, MENTIONED_USERS_KEY, ownValue, valueAt, type KeyPath } from './key-path.ts'
import { meter } from './meter.ts'
import { cut, fold } from './text.ts'
import { indexText, STEPS_PER_UNIT, type TextIndex } from './text-index.ts'

/**
 * An event made ready once and shared by all its evaluations: what they look up is kept, so that a text is folded and a
 * list indexed once, whatever the number of rules and people. It belongs to one event and is dropped with it.
 */
export type EvaluatedEvent = {
  /** The event in the format clients see: `type`, `sender`, `room_id`, `content`, perhaps `state_key`. */
  readonly source: unknown
  readonly sender: string | null
  readonly roomId: string | null
  /** Whether the content has a property `m.mentions`, of whatever shape: then the legacy mention rules do not apply. */
  readonly hasMentions: boolean
  /** What is in `m.mentions`: of whatever shape, undefined if absent. */
  readonly mentionedUsers: unknown
  readonly mentionsRoom: unknown
  /** Whether the content has a property `m.relates_to`, of whatever shape. */
  readonly hasRelation: boolean
  readonly content: Record<string, unknown> | undefined
  /** `content.msgtype`, as written. */
  readonly msgtype: string | null
  /** The type with its case folded. */
  readonly type: string | null
  /** See `typeCode`. */
  readonly typeCode: number
  /** What was looked up before, by path; made when there is something to keep. */
  kept: Kept | undefined
  /** Whether `@room` stands in the body, which a default rule of everybody asks; undefined: not looked up yet. */
  namesRoom: boolean | undefined
  /** The text of the body with its case folded; undefined: not looked up yet. */
  body: string | null | undefined
  /** Steps that searches of the body itself cost the evaluations that share a budget, or the one that runs: see `bodyIndex`. */
  searched: number
  bodyIndex: TextIndex | undefined
}

type Kept = { readonly folded: Map<string, string>; readonly items: Map<string, Items> }
type Items = ReadonlySet<unknown> | readonly unknown[] | null

/** `event`: any JSON; what is not an event simply matches nothing. It must not change as long as the result is used. */
export function prepareEvent(event: unknown): EvaluatedEvent {
  const source = isObject(event) ? event : {}
  const value = ownValue(source, 'content')
  const content = isObject(value) ? value : undefined
  // By their names, not through `ownValue`: these are read of every event, and so at half the cost.
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

/** Most events are of these types, and many rules are for one of them: they are told apart by a number. */
const USUAL_TYPES: ReadonlyMap<string, { type: string; code: number }> = new Map(
  ['message', 'encrypted', 'member', 'tombstone', 'server_acl', 'redaction']
    .map((name) => `m.room.${name}`)
    .concat('m.reaction', 'm.call.invite')
    .map((type, at) => [type, { type, code: at + 1 }]),
)
export const OTHER_TYPE = 0
/** Of rules that are for no type in particular. */
export const ANY_TYPE = -1

/** `type`: folded. Equal types have equal codes; of the types that have OTHER_TYPE the text decides. */
export function typeCode(type: string): number {
  return USUAL_TYPES.get(type)?.code ?? OTHER_TYPE
}

/** A type, or a pattern for one without wildcards, with its case folded. */
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
 * The length up to which a body is searched, in UTF-16 units: what comes after it is not looked at, as if the body ended
 * there. Most of what a message costs grows with it.
 */
export const MAX_BODY_LENGTH = 8192

/** The text of `content.body` with its case folded, cut at `MAX_BODY_LENGTH`, or null if there is no text. */
export function bodyOf(event: EvaluatedEvent): string | null {
  if (event.body === undefined) {
    const value = event.content === undefined ? undefined : ownValue(event.content, 'body')
    event.body = typeof value === 'string' ? fold(cut(value, MAX_BODY_LENGTH)) : null
  }
  return event.body
}

/**
 * The index of the body, once it pays: when searches of the body itself have cost as many steps as the index does. Until
 * then undefined, as for most messages.
 */
export function bodyIndex(event: EvaluatedEvent, body: string): TextIndex | undefined {
  if (event.searched <= STEPS_PER_UNIT * body.length + STEPS_PER_UNIT) return undefined
  event.bodyIndex ??= indexText(body)
  return event.bodyIndex
}

/** Shorter texts are folded each time: that costs less than to remember them. */
const LONG_TEXT = 64

/** The text at a path with its case folded, or null if there is no text. */
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

/** Lists beyond this length are indexed. */
const SHORT_LIST = 8

/** Whether the list at a path has this item; no if there is no list. */
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

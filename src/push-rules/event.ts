import { isObject, valueAt, type KeyPath } from './key-path.ts'
import { fold } from './text.ts'

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
  /** The type with its case folded. */
  readonly type: string | null
  /** What was looked up before, by path; made when there is something to keep. */
  kept: Kept | undefined
  /** The text of the body with its case folded; undefined: not looked up yet. */
  body: string | null | undefined
}

type Kept = { readonly folded: Map<string, string | null>; readonly items: Map<string, Items> }
type Items = ReadonlySet<unknown> | readonly unknown[] | null

/** `event`: any JSON; what is not an event simply matches nothing. It must not change as long as the result is used. */
export function prepareEvent(event: unknown): EvaluatedEvent {
  const source = isObject(event) ? event : {}
  const content = ownValue(source, 'content')
  const type = textAt(source, 'type')
  return {
    source: event,
    sender: textAt(source, 'sender'),
    roomId: textAt(source, 'room_id'),
    hasMentions: isObject(content) && ownValue(content, 'm.mentions') !== undefined,
    type: type === null ? null : fold(type),
    kept: undefined,
    body: undefined,
  }
}

function ownValue(object: Record<string, unknown>, name: string): unknown {
  const value = object[name]
  return value === undefined || !Object.hasOwn(object, name) ? undefined : value
}

function textAt(event: Record<string, unknown>, name: string): string | null {
  const value = ownValue(event, name)
  return typeof value === 'string' ? value : null
}

const BODY_NAMES = ['content', 'body']

/** The text of `content.body` with its case folded, or null if there is no text. */
export function bodyOf(event: EvaluatedEvent): string | null {
  if (event.body === undefined) {
    const value = valueAt(event.source, BODY_NAMES)
    event.body = typeof value === 'string' ? fold(value) : null
  }
  return event.body
}

/** The text at a path with its case folded, or null if there is no text. */
export function foldedAt(event: EvaluatedEvent, path: KeyPath): string | null {
  if (path.key === 'type') return event.type
  if (path.key === 'content.body') return bodyOf(event)
  const kept = event.kept?.folded.get(path.key)
  if (kept !== undefined) return kept
  const value = valueAt(event.source, path.names)
  if (typeof value !== 'string') return null
  const text = fold(value)
  keep(event).folded.set(path.key, text)
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
  const kept = event.kept?.items.get(path.key)
  if (kept !== undefined) return kept
  const value = valueAt(event.source, path.names)
  if (!Array.isArray(value)) return null
  if (value.length <= SHORT_LIST) return value as readonly unknown[]
  const items = new Set<unknown>(value)
  keep(event).items.set(path.key, items)
  return items
}

function keep(event: EvaluatedEvent): Kept {
  event.kept ??= { folded: new Map(), items: new Map() }
  return event.kept
}

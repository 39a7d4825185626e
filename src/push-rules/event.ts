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
  readonly folded: Map<string, string | null>
  readonly items: Map<string, ReadonlySet<unknown> | null>
}

/** `event`: any JSON; what is not an event simply matches nothing. It must not change as long as the result is used. */
export function prepareEvent(event: unknown): EvaluatedEvent {
  const content = valueAt(event, ['content'])
  return {
    source: event,
    sender: textAt(event, 'sender'),
    roomId: textAt(event, 'room_id'),
    hasMentions: isObject(content) && Object.hasOwn(content, 'm.mentions'),
    folded: new Map(),
    items: new Map(),
  }
}

function textAt(event: unknown, name: string): string | null {
  const value = valueAt(event, [name])
  return typeof value === 'string' ? value : null
}

/** The text at a path with its case folded, or null if there is no text. */
export function foldedAt(event: EvaluatedEvent, path: KeyPath): string | null {
  let text = event.folded.get(path.key)
  if (text === undefined) {
    const value = valueAt(event.source, path.names)
    text = typeof value === 'string' ? fold(value) : null
    event.folded.set(path.key, text)
  }
  return text
}

/** The items of the list at a path, or null if there is no list. */
export function itemsAt(event: EvaluatedEvent, path: KeyPath): ReadonlySet<unknown> | null {
  let items = event.items.get(path.key)
  if (items === undefined) {
    const value = valueAt(event.source, path.names)
    items = Array.isArray(value) ? new Set<unknown>(value) : null
    event.items.set(path.key, items)
  }
  return items
}

import { foldedAt, itemsAt, type EvaluatedEvent } from './event.ts'
import { BODY_KEY, MENTIONED_USERS_KEY, isObject, parseKeyPath } from './key-path.ts'
import { bodyKeys, mentionKey } from './mention-index.ts'
import { fold } from './text.ts'

/**
 * What an event must have for a rule to match it, as a text to look up: the kind of key, then the value.
 *  - `f`, `k`, `r`: folded sender, state key, event that is related to;
 *  - `m`: a user id among those mentioned;
 *  - `w`: a whole word (or what stands for one, see `mentionKey`) of the body;
 *  - `g`: up to three successive UTF-16 units of the folded body.
 * Whenever the rule matches an event, its key is among the event's keys; the converse does not hold.
 */
export type IndexKey = string

const EXACT_KEYS: ReadonlyMap<unknown, string> = new Map([
  ['sender', 'f'],
  ['state_key', 'k'],
  ['content.m\\.relates_to.event_id', 'r'],
])
const EXACT_PATHS = [...EXACT_KEYS].map(([key, mark]) => ({ mark, path: parseKeyPath(String(key)) }))
const BODY = parseKeyPath(BODY_KEY)
const MENTIONED = parseKeyPath(MENTIONED_USERS_KEY)
const MAX_GRAM = 3

/** `condition`: one that is well-formed. Undefined: an event cannot be looked up by it. */
export function conditionKey(condition: unknown): IndexKey | undefined {
  if (!isObject(condition)) return undefined
  const { kind, key, pattern, value } = condition
  if (kind === 'event_property_contains') {
    return key === MENTIONED_USERS_KEY && typeof value === 'string' ? `m${value}` : undefined
  }
  if (kind === 'event_match' && typeof pattern === 'string') {
    if (key === BODY_KEY) return patternKey(pattern)
    return /[*?]/.test(pattern) ? undefined : exactKey(key, pattern)
  }
  return kind === 'event_property_is' && typeof value === 'string' ? exactKey(key, value) : undefined
}

function exactKey(key: unknown, value: string): IndexKey | undefined {
  const mark = EXACT_KEYS.get(key)
  // The empty state key is that of most state events, and finds nobody in particular.
  return mark === undefined || value === '' ? undefined : mark + fold(value)
}

export function senderKey(userId: string): IndexKey {
  return `f${fold(userId)}`
}

export function stateKeyKey(userId: string): IndexKey {
  return `k${fold(userId)}`
}

/** For a name taken literally; undefined for an empty one, which is in no text. */
export function nameKey(name: string): IndexKey | undefined {
  return name === '' ? undefined : `w${mentionKey(name)}`
}

/**
 * For a pattern that is searched among the words of the body: a word of it that is a whole word wherever it matches,
 * else the beginning of its longest literal part; undefined for one that has no literal part.
 */
export function patternKey(pattern: string): IndexKey | undefined {
  if (!/[*?]/.test(pattern)) return nameKey(pattern)
  const folded = fold(pattern)
  const word = /(?<![*?a-z0-9_])[a-z0-9_]+(?![*?a-z0-9_])/.exec(folded)
  if (word !== null) return `w${mentionKey(word[0])}`
  let longest = ''
  for (const part of folded.split(/[*?]+/)) if (part.length > longest.length) longest = part
  return longest === '' ? undefined : `g${longest.slice(0, MAX_GRAM)}`
}

/**
 * Calls `found` with each key of the event (some more than once). `isUsed`: whether any key that begins like this is of
 * interest, so that nothing is made up that nobody looks for.
 */
export function eachEventKey(
  event: EvaluatedEvent,
  isUsed: (mark: string) => boolean,
  found: (key: IndexKey) => void,
): void {
  for (const { mark, path } of EXACT_PATHS) {
    const text = isUsed(mark) ? foldedAt(event, path) : null
    if (text !== null && text !== '') found(mark + text)
  }
  const mentioned = isUsed('m') ? itemsAt(event, MENTIONED) : null
  for (const userId of mentioned ?? []) if (typeof userId === 'string') found(`m${userId}`)
  const body = foldedAt(event, BODY)
  if (body === null) return
  if (isUsed('w')) for (const key of bodyKeys(body, Infinity)) found(`w${key}`)
  if (isUsed('g')) eachGram(body, found)
}

function eachGram(text: string, found: (key: IndexKey) => void): void {
  for (let at = 0; at < text.length; at++) {
    for (let length = 1; length <= MAX_GRAM && at + length <= text.length; length++) {
      found(`g${text.slice(at, at + length)}`)
    }
  }
}

import { bodyOf, foldedAt, itemsAt, type EvaluatedEvent } from './event.ts'
import { BODY_KEY, MENTIONED_USERS_KEY, isObject, parseKeyPath } from './key-path.ts'
import { bodyKeys, MAX_KEY_LENGTH, mentionKey } from './mention-index.ts'
import { fold, isWordUnit } from './text.ts'

/**
 * A property that an event must have for a rule to match, as a lookup key: a mark for the kind of key, then the
 * value.
 * - `f`, `k`, `r`: folded sender, state key, related event;
 * - `m`: a mentioned user id;
 * - `w`: a whole ASCII word of the body, `n`: one or two other code points of it (see `mentionKey`);
 * - `A`, `B`, `D`, `H`: the first one, two, four or eight letters of a word of the body;
 * - `1`, `2`, `4`, `8`: that number of successive UTF-16 units of the folded body.
 *
 * Invariant: if the rule matches an event, its key is among the keys of the event. The converse does not hold.
 */
export type IndexKey = string

const EXACT_KEYS: ReadonlyMap<unknown, string> = new Map([
  ['sender', 'f'],
  ['state_key', 'k'],
  ['content.m\\.relates_to.event_id', 'r'],
])
const EXACT_PATHS = [...EXACT_KEYS].map(([key, mark]) => ({ mark, path: parseKeyPath(String(key)) }))
const MENTIONED = parseKeyPath(MENTIONED_USERS_KEY)
/** Longer keys hardly reduce the number of matches, and every length in use costs one pass over the body. */
const LENGTHS = [8, 4, 2, 1]
const PREFIX_MARKS = new Map(LENGTHS.map((length) => [length, ' ABCDEFGH'.charAt(length)]))
const GRAM_MARKS = new Map(LENGTHS.map((length) => [length, String(length)]))

/** `condition`: well-formed. Undefined: events cannot be looked up by it. */
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
  // Most state events have the empty state key, so it does not select members.
  return mark === undefined || value === '' ? undefined : mark + fold(value)
}

export function senderKey(userId: string): IndexKey {
  return `f${fold(userId)}`
}

export function stateKeyKey(userId: string): IndexKey {
  return `k${fold(userId)}`
}

/** For a name that is matched literally. Undefined for an empty name, which never matches. */
export function nameKey(name: string): IndexKey | undefined {
  if (name === '') return undefined
  const key = mentionKey(name)
  return isWordUnit(key.charCodeAt(0)) ? `w${key}` : `n${key}`
}

/**
 * For a pattern that is searched among the words of the body. The key is a word of the pattern that is a whole word
 * wherever the pattern matches, or the first letters of a word, or the start of its longest literal part. Undefined
 * for a pattern without a literal part.
 */
export function patternKey(pattern: string): IndexKey | undefined {
  if (!/[*?]/.test(pattern)) return nameKey(pattern)
  const folded = fold(pattern)
  const word = /(?<![*?a-z0-9_])[a-z0-9_]+(?![*?a-z0-9_])/.exec(folded)
  if (word !== null) return nameKey(word[0])
  const prefix = /^[a-z0-9_]+/.exec(folded)
  if (prefix !== null) return markedByLength(prefix[0], PREFIX_MARKS)
  let longest = ''
  for (const part of folded.split(/[*?]+/)) if (part.length > longest.length) longest = part
  return longest === '' ? undefined : markedByLength(longest, GRAM_MARKS)
}

function markedByLength(text: string, marks: ReadonlyMap<number, string>): IndexKey {
  const length = LENGTHS.find((one) => one <= text.length) ?? 0
  return `${marks.get(length) ?? ''}${text.slice(0, length)}`
}

/**
 * Calls `found` with each key of the event (some more than once). `isUsed`: whether any stored key has this mark;
 * keys with other marks are not made.
 */
export function eachEventKey(
  event: EvaluatedEvent,
  isUsed: (mark: string) => boolean,
  found: (mark: string, key: IndexKey) => void,
): void {
  for (const { mark, path } of EXACT_PATHS) {
    const text = isUsed(mark) ? foldedAt(event, path) : null
    if (text !== null && text !== '') found(mark, mark + text)
  }
  const mentioned = event.hasMentions && isUsed('m') ? itemsAt(event, MENTIONED) : null
  for (const userId of mentioned ?? []) if (typeof userId === 'string') found('m', `m${userId}`)
  const body = bodyOf(event)
  if (body === null) return
  eachWordKey(body, isUsed, found)
  if (isUsed('n')) {
    for (const key of bodyKeys(body, Infinity)) if (!isWordUnit(key.charCodeAt(0))) found('n', `n${key}`)
  }
  for (const [length, mark] of GRAM_MARKS) {
    if (!isUsed(mark)) continue
    for (let at = 0; at + length <= body.length; at++) found(mark, mark + body.slice(at, at + length))
  }
}

function eachWordKey(
  body: string,
  isUsed: (mark: string) => boolean,
  found: (mark: string, key: IndexKey) => void,
): void {
  const usesWords = isUsed('w')
  const prefixes = [...PREFIX_MARKS]
    .map(([length, mark]) => ({ mark, length }))
    .filter(({ mark }) => isUsed(mark))
  if (!usesWords && prefixes.length === 0) return
  for (let at = 0; at < body.length;) {
    const start = at
    while (at < body.length && isWordUnit(body.charCodeAt(at))) at++
    if (at === start) {
      at++
      continue
    }
    if (usesWords) found('w', `w${body.slice(start, Math.min(at, start + MAX_KEY_LENGTH))}`)
    for (const { mark, length } of prefixes) {
      if (start + length <= at) found(mark, mark + body.slice(start, start + length))
    }
  }
}

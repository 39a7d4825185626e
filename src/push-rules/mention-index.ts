import { fold, isWordUnit } from './text.ts'

/** In UTF-16 units. Keys are cut alike on both sides, so that a long word still finds its like. */
export const MAX_KEY_LENGTH = 64

/**
 * The key under which a display name or localpart is stored beside a member, so that those whom a message may name are
 * found by index. Whenever a name is found in a body, word boundaries and case as in the rules, `mentionKey(name)` is
 * among `bodyKeys(body)`; the converse does not hold, the rules have the last word.
 *
 * The key is the first whole ASCII word of the folded name: where the name stands in a body, its word boundaries make
 * this a whole word of the body too. A name without such a word is keyed by its first two code points, or its only one.
 * The guarantee covers localparts as patterns only if they have no `*` or `?`. An empty name never matches: its key is ''.
 *
 * Keys can be stored anywhere: well-formed, without NUL, at most 64 units.
 */
export function mentionKey(name: string): string {
  const folded = fold(name)
  const word = /[a-z0-9_]+/.exec(folded)
  if (word !== null) return storable(word[0])
  const first = codePointEnd(folded, 0)
  return storable(folded.slice(0, codePointEnd(folded, first)))
}

/**
 * The keys of a message body, each once, in the order in which they first appear: every whole ASCII word, and elsewhere
 * every code point and every two neighbouring ones. At most `limit` keys; beyond them only names that appear in
 * the part already read are sure to be found, so someone named late in a very long text may go without a mention.
 */
export function bodyKeys(body: string, limit: number): string[] {
  const folded = fold(body)
  const keys = new Set<string>()
  const add = (start: number, end: number): void => {
    if (keys.size < limit) keys.add(storable(folded.slice(start, end)))
  }
  let at = 0
  while (at < folded.length && keys.size < limit) {
    const isWord = isWordUnit(folded.charCodeAt(at))
    const end = isWord ? wordEnd(folded, at) : codePointEnd(folded, at)
    add(at, end)
    if (!isWord && end < folded.length && !isWordUnit(folded.charCodeAt(end))) {
      add(at, codePointEnd(folded, end))
    }
    at = end
  }
  return [...keys]
}

function wordEnd(text: string, from: number): number {
  let end = from
  while (end < text.length && isWordUnit(text.charCodeAt(end))) end++
  return end
}

function codePointEnd(text: string, from: number): number {
  const codePoint = text.codePointAt(from)
  if (codePoint === undefined) return from
  return from + (codePoint > 0xffff ? 2 : 1)
}

/** PostgreSQL stores neither NUL nor half of a code point. Changed alike on both sides, equal keys stay equal. */
function storable(key: string): string {
  return key.slice(0, MAX_KEY_LENGTH).replaceAll('\0', '\ufffd').toWellFormed()
}

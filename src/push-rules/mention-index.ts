import { fold, isWordUnit } from './text.ts'

/** In UTF-16 units. Names and bodies are cut at the same length, so that long words still match. */
export const MAX_KEY_LENGTH = 64

/**
 * The key under which a display name or localpart is stored beside a member. It finds by index the members that a
 * message may name. Invariant: if a name is found in a body, with the word boundaries and case folding of the rules,
 * `mentionKey(name)` is among `bodyKeys(body)`. The converse does not hold, so the rules must still be evaluated.
 *
 * The key is the first whole ASCII word of the folded name. Where the name occurs in a body, its word boundaries make
 * this word a whole word of the body too. The key of a name without such a word is its first two code points, or its
 * only one. The invariant covers localparts used as patterns only if they have no `*` or `?`. An empty name never
 * matches; its key is ''.
 *
 * Every key can be stored in both databases: well-formed, without NUL, at most 64 units.
 */
export function mentionKey(name: string): string {
  const folded = fold(name)
  const word = /[a-z0-9_]+/.exec(folded)
  if (word !== null) return storable(word[0])
  const first = codePointEnd(folded, 0)
  return storable(folded.slice(0, codePointEnd(folded, first)))
}

/**
 * The keys of a message body without duplicates, in order of first appearance: every whole ASCII word, and in other
 * text every code point and every pair of adjacent code points. At most `limit` keys. Beyond the limit only names in
 * the part already read are sure to be found: a name late in a very long text may be missed.
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

/**
 * PostgreSQL stores neither NUL nor lone surrogates. Names and bodies are changed alike, so equal keys stay equal.
 */
function storable(key: string): string {
  return key.slice(0, MAX_KEY_LENGTH).replaceAll('\0', '\ufffd').toWellFormed()
}

/** Text handling of the rules: case folding, and the word characters of the specification. */

/**
 * Folds case: the default lower-case mapping, independent of locale, with final sigma as sigma. It works code point
 * by code point, so the folded form of a part is a part of the folded whole. It may change the length (`İ`): offsets
 * into folded text are valid in folded text only.
 */
export function fold(text: string): string {
  const folded = text.toLowerCase()
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded
}

/** Excludes code points that are never displayed although they count as letters (the Hangul fillers). */
const NAMING = /(?!\p{DI})[\p{L}\p{N}\p{Extended_Pictographic}\p{RI}]/u

/**
 * Whether a text found in a message can be a name: it has a letter, a digit or an emoji. Nearly every message
 * contains blanks, punctuation and zero-width characters.
 */
export function canBeName(text: string): boolean {
  return NAMING.test(text)
}

/** The first `length` UTF-16 units of a text, without a lone surrogate at the end. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(0, isInsideCodePoint(text, length) ? length - 1 : length)
}

/** Whether `text` folds to `wanted`, which is folded. The lengths and the last unit nearly always decide this. */
export function foldsTo(text: string, wanted: string): boolean {
  if (text === wanted) return true
  // Folding never shortens a text.
  if (text === '' || text.length > wanted.length) return false
  const last = text.charCodeAt(text.length - 1)
  // Folding works code point by code point, and maps ASCII to ASCII.
  if (
    last < 0x80 &&
    (last >= 0x41 && last <= 0x5a ? last + 0x20 : last) !== wanted.charCodeAt(wanted.length - 1)
  ) {
    return false
  }
  return fold(text) === wanted
}

/** Whether a UTF-16 unit is one of `[A-Za-z0-9_]`, the word characters of the specification (ASCII alone). */
export function isWordUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x30 && unit <= 0x39) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    unit === 0x5f
  )
}

/** Whether a match may begin or end at `at`: at every position except between two word characters. */
export function isWordEdge(text: string, at: number): boolean {
  return (
    at <= 0 || at >= text.length || !isWordUnit(text.charCodeAt(at - 1)) || !isWordUnit(text.charCodeAt(at))
  )
}

/** Whether `at` is between the two surrogates of one code point. */
export function isInsideCodePoint(text: string, at: number): boolean {
  return (
    at > 0 &&
    at < text.length &&
    (text.charCodeAt(at) & 0xfc00) === 0xdc00 &&
    (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
  )
}

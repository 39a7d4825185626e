/**
 * Text as the rules see it: folded case, and the word characters of the specification.
 */

/**
 * Folds case: the default lower-case mapping, independent of locale, with final sigma as sigma. It works code point by
 * code point, so the folded form of a part is a part of the folded whole. It may change the length (`İ`): offsets into
 * folded text are meaningful in folded text only.
 */
export function fold(text: string): string {
  const folded = text.toLowerCase()
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded
}

/** Without what is never displayed, though it counts as a letter (the Hangul fillers). */
const NAMING = /(?!\p{DI})[\p{L}\p{N}\p{Extended_Pictographic}\p{RI}]/u

/**
 * Whether a text can name a person when it is found in a message: it has a letter, a digit or an emoji. Blanks,
 * punctuation and characters without width stand in nearly every message.
 */
export function canBeName(text: string): boolean {
  return NAMING.test(text)
}

/** The first `length` UTF-16 units of a text, without half a code point at the end. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text.slice(0, isInsideCodePoint(text, length) ? length - 1 : length)
}

/** Whether `text` folds to `wanted`, which is folded: nearly always told by the lengths and the last unit alone. */
export function foldsTo(text: string, wanted: string): boolean {
  if (text === wanted) return true
  // Folding makes no text shorter.
  if (text === '' || text.length > wanted.length) return false
  const last = text.charCodeAt(text.length - 1)
  // Folding works code point by code point, and turns what is ASCII into ASCII.
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

/** Whether a match may begin or end at `at`: everywhere except between two word characters. */
export function isWordEdge(text: string, at: number): boolean {
  return (
    at <= 0 || at >= text.length || !isWordUnit(text.charCodeAt(at - 1)) || !isWordUnit(text.charCodeAt(at))
  )
}

/** Whether `at` lies between the two halves of one code point. */
export function isInsideCodePoint(text: string, at: number): boolean {
  return (
    at > 0 &&
    at < text.length &&
    (text.charCodeAt(at) & 0xfc00) === 0xdc00 &&
    (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
  )
}

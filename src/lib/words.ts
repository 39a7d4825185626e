const ACCENTS = /[\u0300-\u036f]/g
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]]+/gv
/** Words are keys of an index, so their length is limited. In UTF-16 code units. */
const MAX_LENGTH = 64

/**
 * The words of a text in the form in which a search compares them: in lower case, in compatibility form
 * (Unicode Standard Annex 15, NFKC) and without accents. Chinese and Japanese have no spaces: each of their
 * characters is a word. Each word once, in order; a longer word is cut to 64 code units.
 */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase()
  return [...new Set(plain.match(WORD)?.map((word) => word.slice(0, MAX_LENGTH).toWellFormed()))]
}

/** Words with this prefix are not less than `low` and less than `high`, in the order of code points. */
export type PrefixRange = { low: string; high: string }

/** No word contains this code point. */
const HIGHEST = '\u{10ffff}'

export const prefixRange = (prefix: string): PrefixRange => ({ low: prefix, high: prefix + HIGHEST })

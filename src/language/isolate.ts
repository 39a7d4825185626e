import type { Direction } from './languages.ts'

/** First strong isolate, and pop directional isolate (Unicode TR 9, section 2.4). */
const FSI = '\u2068'
const PDI = '\u2069'

/** Explicit marks of direction, which could end an isolate or change the direction of the text after it. */
const MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Letters and digits of scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * A text of a user for a sentence that is written in `direction`: its direction is found from its own
 * letters, and it does not change the order of the words around it. A text that cannot change the order stays
 * as it is, so that most English texts have no invisible characters.
 */
export function isolate(text: string, direction: Direction): string {
  const plain = text.replace(MARKS, '')
  return direction === 'ltr' && !RIGHT_TO_LEFT.test(plain) ? plain : `${FSI}${plain}${PDI}`
}

/** At most `max` characters of a text with isolates, all of which are closed. "…" marks a cut. */
export function cutIsolated(text: string, max: number): string {
  const characters = Array.from(text)
  if (characters.length <= max) return text
  const cut = `${characters
    .slice(0, max - 1)
    .join('')
    .trimEnd()}…`
  const open = cut.split(FSI).length - cut.split(PDI).length
  return cut + PDI.repeat(Math.max(0, open))
}

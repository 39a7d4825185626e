// Cleans text of users for mails: the text may contain anything, and must not be mistaken for text of the server.

/** Characters that change the direction of text, also beyond their own line (Unicode TR 9), or that are invisible. */
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
const LINE_END = /\r\n?|[\n\v\f\u0085\u2028\u2029]/g
/** More combining marks on one letter than any script uses: they would cover the lines above and below. */
const MARKS = /(\p{M}{8})\p{M}+/gu

/** The text in one line of at most `max` characters. "…" marks a cut. Safe for a header. */
export function oneLine(text: string, max: number): string {
  const seen = clean(
    text
      .slice(0, 16 * max)
      .replace(LINE_END, ' ')
      .replace(/\t/g, ' '),
  )
  return shortened(seen.replace(/\s+/g, ' ').trim(), max)
}

/** At most `lines` lines with at most `max` characters together. */
export function fewLines(text: string, { max, lines }: { max: number; lines: number }): string[] {
  const all = shortened(text.slice(0, 16 * max), max)
    .replace(LINE_END, '\n')
    .replace(/\t/g, ' ')
    .split('\n')
  const seen = all
    .map((line) => clean(line).trimEnd())
    .filter((line, at) => line !== '' || (at > 0 && all[at - 1] !== ''))
  while (seen.at(-1) === '') seen.pop()
  return seen.length > lines ? [...seen.slice(0, lines), '…'] : seen
}

const clean = (text: string) => text.toWellFormed().replace(UNSEEN, '').replace(MARKS, '$1')

/** Cuts by code points, so that it leaves no lone surrogate. */
function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const characters = Array.from(text)
  return characters.length <= max
    ? text
    : `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`
}

// Text of users for a mail: it may hold anything, and must not pass for something of ours.

/** Turn the direction of what follows, their own line and beyond (Unicode TR 9), or are not seen at all. */
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
const LINE_END = /\r\n?|[\n\v\f\u0085\u2028\u2029]/g
/** More marks on one letter than any script has: they grow over the lines above and below. */
const MARKS = /(\p{M}{8})\p{M}+/gu

/** Everything in one line of at most `max` characters, ended by "…" where there was more. Fit for a header. */
export function oneLine(text: string, max: number): string {
  const seen = clean(
    text
      .slice(0, 16 * max)
      .replace(LINE_END, ' ')
      .replace(/\t/g, ' '),
  )
  return shortened(seen.replace(/\s+/g, ' ').trim(), max)
}

/** Lines of at most `max` characters together, and at most `lines` of them. */
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

/** By code points: half a surrogate pair is none. */
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

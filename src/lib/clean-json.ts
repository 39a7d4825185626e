/**
 * A JSON value without the parts that cannot be stored or sent:
 *
 * - NUL and unpaired surrogates in texts and keys become U+FFFD: PostgreSQL's `text` cannot store the first, UTF-8
 *   the second;
 * - numbers that are not finite (`1e999`), members named `__proto__`, and values nested deeper than `maxDepth` are
 *   left out; in a   list `null` replaces them.
 *
 * The value itself is never changed. A part with nothing to clean is returned unchanged, so a clean value is not
 * copied.
 */
export function cleanJson(value: unknown, maxDepth: number): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return value
  if (maxDepth === 0) return undefined
  return Array.isArray(value) ? cleanList(value, maxDepth - 1) : cleanObject(value, maxDepth - 1)
}

/** NUL and unpaired surrogates become U+FFFD. */
export function cleanText(text: string): string {
  return isCleanText(text) ? text : text.replaceAll('\0', '\ufffd').toWellFormed()
}

export const isCleanText = (text: string) => !text.includes('\0') && text.isWellFormed()

function cleanList(list: readonly unknown[], depth: number): readonly unknown[] {
  const cleaned = list.map((item) => cleanJson(item, depth) ?? null)
  return cleaned.every((item, index) => item === list[index]) ? list : cleaned
}

function cleanObject(object: object, depth: number): object {
  const entries = Object.entries(object)
  const cleaned = entries
    .map(([key, item]) => [cleanText(key), cleanJson(item, depth)] as const)
    .filter(([key, item]) => key !== '__proto__' && item !== undefined)
  const isSound =
    cleaned.length === entries.length &&
    cleaned.every(([key, item], index) => key === entries[index]?.[0] && item === entries[index][1])
  return isSound ? object : Object.fromEntries(cleaned)
}

/**
 * A JSON value without the parts that cannot be stored or sent:
 *
 * - NUL and unpaired surrogates in texts and keys become U+FFFD: PostgreSQL's `text` cannot store the first, UTF-8
 *   the second;
 * - numbers that are not finite (`1e999`), members named `__proto__`, and values nested deeper than `maxDepth` are
 *   left out; in a list `null` replaces them.
 *
 * The value itself is never changed. A value with nothing to clean is returned unchanged, so it is not copied.
 */
export function cleanJson(value: unknown, maxDepth: number): unknown {
  return isClean(value, maxDepth) ? value : cleaned(value, maxDepth)
}

/** Nearly every value is clean, and is only read. */
function isClean(value: unknown, maxDepth: number): boolean {
  if (typeof value === 'string') return isCleanText(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return value !== undefined
  if (maxDepth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isClean(item, maxDepth - 1))
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !isCleanText(key)) return false
    if (!isClean((value as Record<string, unknown>)[key], maxDepth - 1)) return false
  }
  return true
}

function cleaned(value: unknown, maxDepth: number): unknown {
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
  return list.map((item) => cleaned(item, depth) ?? null)
}

function cleanObject(object: object, depth: number): object {
  return Object.fromEntries(
    Object.entries(object)
      .map(([key, item]) => [cleanText(key), cleaned(item, depth)] as const)
      .filter(([key, item]) => key !== '__proto__' && item !== undefined),
  )
}

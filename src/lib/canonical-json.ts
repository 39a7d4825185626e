import type { Json, JsonObject } from './json.ts'

/** The value has no canonical form: a number is not an integer, or is outside ±(2^53 - 1). */
export class NotCanonicalError extends Error {
  override name = 'NotCanonicalError'
}

/**
 * Canonical JSON (Matrix appendices, "Canonical JSON"): the shortest text, with the keys in the order of
 * their Unicode code points. Signatures are made over this text.
 * @throws NotCanonicalError for a number that is not allowed
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new NotCanonicalError('Canonical JSON has only integers up to 2^53 - 1')
    // -0 is written as 0.
    return String(value)
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.keys(value)
    .toSorted(byCodePoint)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson((value as JsonObject)[key] as Json)}`)
  return `{${entries.join(',')}}`
}

/**
 * The default order of strings compares UTF-16 code units, in which U+10000 comes before U+FFFF. UTF-8 has
 * the order of code points.
 */
function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

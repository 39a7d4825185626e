import type { JsonObject } from '../lib/json.ts'
import { cutJsonText, ELLIPSIS, jsonTextBytes } from './message-forms.ts'

/** The same limits as Sygnal, so that service workers get the same fields. */
const MAX_BODY_CHARS = 1000
const MAX_CIPHERTEXT_CHARS = 2000

/**
 * The content of an event, for a notification that is too long: without `formatted_body`, without a
 * `ciphertext` of more than 2000 characters, and with at most 1000 characters of `body`. `surplusOf`: the
 * number of bytes by which the whole is still too long with such a content; `body` is cut by that number if
 * possible.
 */
export function trimContent(content: JsonObject, surplusOf: (content: JsonObject) => number): JsonObject {
  const { formatted_body: _html, ...trimmed } = content
  const { ciphertext, body } = trimmed
  if (typeof ciphertext === 'string' && ciphertext.length > MAX_CIPHERTEXT_CHARS) delete trimmed['ciphertext']
  if (typeof body !== 'string') return trimmed
  const short = { ...trimmed, body: firstOf(body, MAX_BODY_CHARS) }
  const surplus = surplusOf(short)
  if (surplus <= 0) return short
  // A thousand characters can be four thousand bytes.
  return { ...short, body: cutJsonText(short.body, Math.max(0, jsonTextBytes(short.body) - surplus)) }
}

/** At most this number of code points; the last one is "…" if some were cut. */
function firstOf(text: string, chars: number): string {
  if (text.length <= chars) return text
  let count = 0
  let end = 0
  for (const char of text) {
    count++
    if (count > chars) return text.slice(0, end) + ELLIPSIS
    if (count < chars) end += char.length
  }
  return text
}

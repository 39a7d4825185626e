import type { Json } from '../lib/json.ts'

// Each provider limits the size of a message, in bytes of the encoded JSON. A message that is too long is
// sent in a shorter form: the full payload, then with shortened texts, then with the ids of the event alone.
// If none of them fits, it is dropped.

export type FormName = 'full' | 'trimmed' | 'event_id_only'

/** The forms of one message. Each is created only when it is needed. */
export type Forms = {
  full(): Json
  /**
   * Shortened to `maxBytes` of encoded JSON if possible; the caller checks the length. Absent or `undefined`:
   * no text can be shortened.
   */
  trimmed?(maxBytes: number): Json | undefined
  /** Absent or `undefined`: the message is not about an event. */
  eventIdOnly?(): Json | undefined
}

/** The form that fits. `text`: its encoded JSON. */
export type Fitting = { formName: FormName; form: Json; text: string }

const DOWNWARDS: readonly FormName[] = ['full', 'trimmed', 'event_id_only']

/**
 * The first form with at most `maxBytes` bytes; `undefined` if there is none, and the message must be
 * dropped. `from`: the first form to try. If the response of a provider is that a form is too long,
 * `event_id_only` is tried once.
 */
export function fit(forms: Forms, maxBytes: number, from: FormName = 'full'): Fitting | undefined {
  for (const formName of DOWNWARDS.slice(DOWNWARDS.indexOf(from))) {
    const form = formAt(forms, formName, maxBytes)
    if (form === undefined) continue
    const text = encodeJson(form)
    if (Buffer.byteLength(text) <= maxBytes) return { formName, form, text }
  }
  return undefined
}

function formAt(forms: Forms, formName: FormName, maxBytes: number): Json | undefined {
  if (formName === 'full') return forms.full()
  return formName === 'trimmed' ? forms.trimmed?.(maxBytes) : forms.eventIdOnly?.()
}

/** JSON as it is sent. Lone surrogates become U+FFFD, because providers refuse messages with them. */
export function encodeJson(value: Json): string {
  const text = JSON.stringify(value)
  // `JSON.stringify` writes a lone surrogate as `\ud83d`. Texts with such an escape are checked once more.
  if (!text.includes('\\ud')) return text
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed() : inner,
  )
}

export const ELLIPSIS = '…'
const ELLIPSIS_BYTES = Buffer.byteLength(ELLIPSIS)

/** Of a unit of UTF-16, in JSON: an escape such as `\\u0001`. */
const MOST_BYTES = 6

/** The number of bytes of a code point. */
type Measure = (char: string) => number

const inUtf8: Measure = (char) => {
  const code = char.codePointAt(0) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

const inJson: Measure = (char) => {
  if (char === '"' || char === '\\') return 2
  if (char >= ' ') return inUtf8(char)
  return '\b\f\n\r\t'.includes(char) ? 2 : 6
}

/**
 * A text with at most `maxBytes` bytes in UTF-8: unchanged if it fits, else its beginning and "…". Code
 * points are not cut in two. Below 3 bytes there is no space for "…", and a text that is too long becomes
 * empty.
 */
export function cutText(text: string, maxBytes: number): string {
  return cut(text, maxBytes, inUtf8)
}

/** As `cutText`, in bytes of JSON between the quotation marks, where a line break has two. */
export function cutJsonText(text: string, maxBytes: number): string {
  return cut(text, maxBytes, inJson)
}

function cut(text: string, maxBytes: number, measure: Measure): string {
  if (text.length * MOST_BYTES <= maxBytes) return text
  let bytes = 0
  let at = 0
  let end = 0 // as much of it as leaves room for the ellipsis
  for (const char of text) {
    bytes += measure(char)
    if (bytes > maxBytes) return maxBytes < ELLIPSIS_BYTES ? '' : text.slice(0, end) + ELLIPSIS
    at += char.length
    if (bytes <= maxBytes - ELLIPSIS_BYTES) end = at
  }
  return text
}

/** The bytes of a text in JSON, without the quotation marks. */
export const jsonTextBytes = (text: string) => Buffer.byteLength(encodeJson(text)) - 2

/**
 * Shortens texts so that together they have at most `maxBytes` bytes in JSON, without quotation marks. The
 * longest are cut to a common length, so that short ones stay whole. `undefined`: only "…" would be left of
 * them.
 */
export function shortenLongest(texts: readonly string[], maxBytes: number): string[] | undefined {
  const at = (level: number) => texts.map((text) => cutJsonText(text, level))
  const fits = (level: number) => at(level).reduce((sum, text) => sum + jsonTextBytes(text), 0) <= maxBytes
  if (maxBytes < 0) return undefined
  let least = ELLIPSIS_BYTES
  let most = maxBytes
  if (!fits(least)) return undefined
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (fits(middle)) least = middle
    else most = middle - 1
  }
  return least > ELLIPSIS_BYTES || texts.every((text) => jsonTextBytes(text) <= least) ? at(least) : undefined
}

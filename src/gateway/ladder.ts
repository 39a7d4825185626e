import type { Json } from '../lib/json.ts'

// Every provider has a limit for what it takes, counted in bytes of the encoded JSON. What is too long goes down one ladder:
// the full payload, the same with its texts cut, the ids of the event alone, nothing.

export type Rung = 'full' | 'trimmed' | 'event_id_only'

/** The forms of one message. Each is made only when the ladder comes down to it. */
export type Forms = {
  full(): Json
  /** Cut to at most `maxBytes` of encoded JSON, as far as that goes: it is measured again. Absent or `undefined`: nothing to cut. */
  trimmed?(maxBytes: number): Json | undefined
  /** Absent or `undefined`: the message is about no event. */
  eventIdOnly?(): Json | undefined
}

/** What fits. `text`: its encoded JSON. */
export type Fitting = { rung: Rung; form: Json; text: string }

const DOWNWARDS: readonly Rung[] = ['full', 'trimmed', 'event_id_only']

/**
 * The first form, from the top, that has at most `maxBytes` bytes; `undefined` when none has, and the message must be dropped.
 * `from`: where to begin. A provider that has called one form too long is offered `event_id_only`, once.
 */
export function fit(forms: Forms, maxBytes: number, from: Rung = 'full'): Fitting | undefined {
  for (const rung of DOWNWARDS.slice(DOWNWARDS.indexOf(from))) {
    const form = formAt(forms, rung, maxBytes)
    if (form === undefined) continue
    const text = encodeJson(form)
    if (Buffer.byteLength(text) <= maxBytes) return { rung, form, text }
  }
  return undefined
}

function formAt(forms: Forms, rung: Rung, maxBytes: number): Json | undefined {
  if (rung === 'full') return forms.full()
  return rung === 'trimmed' ? forms.trimmed?.(maxBytes) : forms.eventIdOnly?.()
}

/** JSON as it goes over the wire. Half a code point becomes U+FFFD: providers refuse a message for it. */
export function encodeJson(value: Json): string {
  const text = JSON.stringify(value)
  // `JSON.stringify` writes half a code point as `\ud83d`. What else may look so is looked at once more.
  if (!text.includes('\\ud')) return text
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed() : inner,
  )
}

export const ELLIPSIS = '…'
const ELLIPSIS_BYTES = Buffer.byteLength(ELLIPSIS)

/** How many bytes a code point takes. */
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
 * A text of at most `maxBytes` bytes in UTF-8: as it is when it is no longer, else its beginning and "…". No code point is cut
 * in two. Below 3 bytes there is no room for "…", and nothing is left of a text that is too long.
 */
export function cutText(text: string, maxBytes: number): string {
  return cut(text, maxBytes, inUtf8)
}

/** As `cutText`, in bytes of JSON between the quotation marks (a line break has two there). */
export function cutJsonText(text: string, maxBytes: number): string {
  return cut(text, maxBytes, inJson)
}

function cut(text: string, maxBytes: number, measure: Measure): string {
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

/** Bytes of a text in JSON, without the quotation marks. */
export const jsonTextBytes = (text: string) => Buffer.byteLength(encodeJson(text)) - 2

/**
 * Texts that have together at most `maxBytes` bytes in JSON, without quotation marks: the longest are cut, all to one length,
 * so that the short ones stay whole. `undefined` when that would leave nothing of them but "…".
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

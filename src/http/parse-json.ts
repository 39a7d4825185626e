import { isUtf8 } from 'node:buffer'
import { badJson, notJson } from '../lib/errors.ts'
import type { Json } from '../lib/json.ts'

const MAX_DEPTH = 64

/**
 * Parses JSON from a client (RFC 8259) and ignores the content type. An empty body is `{}`. Returns 400 for
 * text that is not UTF-8 or not JSON (`M_NOT_JSON`), and `M_BAD_JSON` for input that later stages cannot
 * handle: nesting deeper than 64, NUL in a string (PostgreSQL's `text` cannot store it), lone surrogates
 * (UTF-8 cannot encode them), numbers that exceed a double (they would become null), a key named `__proto__`.
 */
export function parseJson(bytes: Buffer): Json {
  if (!isUtf8(bytes)) throw notJson('The body is not valid UTF-8')
  const text = bytes.toString('utf8')
  const value = parseText(text)
  // NUL and lone surrogates can only come from a \u escape: strings are checked only if there is one.
  inspect(value, 0, text.includes('\\u'))
  return value
}

/**
 * Parses JSON without these checks, for a route that gets content of other servers' users and cleans it
 * itself: any depth, text and number is accepted, and bytes that are not UTF-8 become U+FFFD. `JSON.parse`
 * uses no stack for nesting; most other functions do.
 */
export const parseForeignJson = (bytes: Buffer): Json => parseText(bytes.toString('utf8'))

function parseText(text: string): Json {
  if (text === '') return {}
  try {
    return JSON.parse(text) as Json
  } catch {
    throw notJson()
  }
}

function inspect(value: Json, depth: number, hasEscapes: boolean): void {
  if (typeof value === 'string') {
    if (hasEscapes) inspectText(value)
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw badJson('The body contains a number that is out of range')
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= MAX_DEPTH) throw badJson(`The body is nested more than ${MAX_DEPTH} levels deep`)
    if (Array.isArray(value)) {
      for (const item of value) inspect(item, depth + 1, hasEscapes)
      return
    }
    for (const key in value) {
      if (key === '__proto__') throw badJson('The key "__proto__" is not allowed')
      if (hasEscapes) inspectText(key)
      inspect(value[key] as Json, depth + 1, hasEscapes)
    }
  }
}

function inspectText(text: string): void {
  if (text.includes('\0')) throw badJson('The body contains a string with a NUL character (\\u0000)')
  if (!text.isWellFormed()) throw badJson('The body contains a string with a lone surrogate')
}

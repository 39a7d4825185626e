import { Deferred } from '../lib/deferred.ts'
import { isSmaller } from '../lib/json-size.ts'

/** A larger response is written in several pieces. */
export const PIECE_SIZE = 65_536

/**
 * The text of `JSON.stringify`, in pieces of about `PIECE_SIZE`; deferred parts are created one by one. One
 * large string would block the event loop, and a string of 512 MB or more cannot exist in V8.
 */
export async function* jsonPieces(value: unknown): AsyncGenerator<string> {
  let piece = ''
  for (const part of partsOf(value)) {
    if (part instanceof Deferred) {
      for await (const inner of jsonPieces(await part.make())) {
        piece += inner
        if (piece.length < PIECE_SIZE) continue
        yield piece
        piece = ''
      }
    } else piece += part
    if (piece.length < PIECE_SIZE) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

function* partsOf(value: unknown): Generator<string | Deferred> {
  if (value instanceof Deferred) yield value
  else if (typeof value !== 'object' || value === null || isSmaller(value, PIECE_SIZE))
    // Undefined becomes null in an array; `partsOfObject` omits such keys.
    yield (JSON.stringify(value) as string | undefined) ?? 'null'
  else if (Array.isArray(value)) yield* partsOfArray(value)
  else yield* partsOfObject(value as Record<string, unknown>)
}

function* partsOfArray(items: readonly unknown[]): Generator<string | Deferred> {
  let separator = '['
  for (const item of items) {
    yield separator
    yield* partsOf(item)
    separator = ','
  }
  yield items.length === 0 ? '[]' : ']'
}

function* partsOfObject(object: Record<string, unknown>): Generator<string | Deferred> {
  let separator = '{'
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue
    yield `${separator}${JSON.stringify(key)}:`
    yield* partsOf(value)
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}

import { Deferred } from '../lib/deferred.ts'
import { isSmaller } from '../lib/json-size.ts'

/** What is larger is written in several pieces. */
export const PIECE_SIZE = 65_536

/**
 * A JSON value as text in pieces of about `PIECE_SIZE`, deferred parts made one by one: together what `JSON.stringify` gives. One string
 * of a large answer would stop the event loop, and from 512 MB on there is none.
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
    // Undefined is null in a list; objects leave it out below.
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

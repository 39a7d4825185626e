import { Deferred } from '../lib/deferred.ts'

/** What is larger is written in several pieces. In UTF-16 units, which is near enough to bytes. */
export const PIECE_SIZE = 65_536
/** An estimate for numbers, booleans and null. */
const SCALAR_SIZE = 6

/** Whether a value is small enough to be written in one piece. Looks at no more of it than that takes. */
export function fitsOnePiece(value: unknown): boolean {
  return walk(value, PIECE_SIZE, Infinity) >= 0
}

/** About how long a value is as JSON, without its deferred parts. */
export function sizeOf(value: unknown): number {
  return Number.MAX_SAFE_INTEGER - walk(value, Number.MAX_SAFE_INTEGER, 0)
}

/** What the value leaves of the room; negative as soon as that is certain. */
function walk(value: unknown, room: number, deferredSize: number): number {
  if (typeof value === 'string') return room - value.length - 2
  if (typeof value !== 'object' || value === null) return room - SCALAR_SIZE
  if (value instanceof Deferred) return room - deferredSize
  let left = room - 2
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && left >= 0; at++) left = walk(value[at], left - 1, deferredSize)
    return left
  }
  for (const key in value) {
    left = walk((value as Record<string, unknown>)[key], left - key.length - 4, deferredSize)
    if (left < 0) return left
  }
  return left
}

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
  else if (typeof value !== 'object' || value === null || fitsOnePiece(value))
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

import { Deferred } from './deferred.ts'

// Estimates the length of a value as JSON without making the text. In UTF-16 units, which approximate bytes.

/** An estimate for numbers, booleans and null. */
const SCALAR_SIZE = 6

/**
 * Whether the JSON of a value is not longer than `size`. It stops as soon as the answer is certain. A deferred part
 * is never small.
 */
export function isSmaller(value: unknown, size: number): boolean {
  return walk(value, size, Infinity) >= 0
}

/** The estimated length of a value as JSON, without its deferred parts. */
export function sizeOf(value: unknown): number {
  return Number.MAX_SAFE_INTEGER - walk(value, Number.MAX_SAFE_INTEGER, 0)
}

/** Returns the rest of `room` after the value; negative as soon as it is exceeded. */
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

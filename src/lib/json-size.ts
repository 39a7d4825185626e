import { Deferred } from './deferred.ts'

// About how long a value is as JSON, without making the text. In UTF-16 units, which is near enough to bytes.

/** An estimate for numbers, booleans and null. */
const SCALAR_SIZE = 6

/** Whether a value is no longer than that as JSON. Looks at no more of it than it takes to know. A deferred part is never small. */
export function isSmaller(value: unknown, size: number): boolean {
  return walk(value, size, Infinity) >= 0
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

import { isObject } from './key-path.ts'

/** Whether two JSON values are equal; the order of properties does not count, and undefined is as good as absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, at) => sameJson(item, other[at]))
    )
  }
  if (!isObject(one) || !isObject(other)) return false
  return Object.keys({ ...one, ...other }).every((name) => sameJson(one[name], other[name]))
}

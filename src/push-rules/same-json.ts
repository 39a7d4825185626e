import { isObject } from './key-path.ts'

/** Whether two JSON values are equal. The order of properties is ignored, and undefined equals absent. */
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

/**
 * A point of the stream: the last position of each shard. A position names its shard (position modulo the
 * number of shards), and positions become visible in their order within a shard only. A reader at a point has
 * seen every position that the point covers. A point with one number stands for that number in each shard,
 * whatever their number.
 */
export type StreamPoint = readonly number[]

/** Before all positions. */
export const START: StreamPoint = [0]

/** After all positions. */
export const END: StreamPoint = [Number.MAX_SAFE_INTEGER]

/**
 * The last position of the point in the shard of `position`. All events of a room are in one shard, so for a
 * room a point is one number.
 */
export const positionIn = (point: StreamPoint, position: number): number =>
  point[position % point.length] ?? 0

/** Whether a reader at the point has seen the position. */
export const covers = (point: StreamPoint, position: number): boolean =>
  position <= positionIn(point, position)

/** Whether a reader at the point has seen every position up to this one, in all shards. */
export function coversUpTo(point: StreamPoint, position: number): boolean {
  const shards = point.length
  return point.every((seen, shard) => {
    const last = position - ((position - shard + shards) % shards)
    // The first value of the sequence is 1, so lower positions do not exist.
    return seen >= last || last < shards
  })
}

/** Whether a reader at the point has seen all that a reader at the other one has seen. */
export function coversPoint(point: StreamPoint, other: StreamPoint): boolean {
  if (point.length !== other.length) return lowest(point) >= highest(other)
  return point.every((position, shard) => position >= (other[shard] ?? 0))
}

export function isSamePoint(a: StreamPoint, b: StreamPoint): boolean {
  return a === b || (a.length === b.length && a.every((position, shard) => position === b[shard]))
}

export const lowest = (point: StreamPoint): number => Math.min(...point)
export const highest = (point: StreamPoint): number => Math.max(...point)

/** For each shard the lower position of two points, for the shards of `point`. */
export const earlierOf = (point: StreamPoint, other: StreamPoint): StreamPoint =>
  combined(point, other, Math.min)

/** For each shard the higher position of two points, for the shards of `point`. */
export const laterOf = (point: StreamPoint, other: StreamPoint): StreamPoint =>
  combined(point, other, Math.max)

function combined(
  point: StreamPoint,
  other: StreamPoint,
  choose: (a: number, b: number) => number,
): StreamPoint {
  const others = withShards(other, point.length)
  return point.map((position, shard) => choose(position, others[shard] ?? 0))
}

/** Of a point with another number of shards, only the lowest position is known to be seen in each shard. */
function withShards(point: StreamPoint, shards: number): StreamPoint {
  return point.length === shards ? point : Array.from({ length: shards }, () => lowest(point))
}

/**
 * The maximum number of positions after `from` that `to` covers. Positions of one shard have the distance of
 * the number of shards, and no two positions have the same value of the common sequence.
 */
export function positionsBetween(from: StreamPoint, to: StreamPoint): number {
  const before = withShards(from, to.length)
  let [first, last] = [Infinity, 0]
  for (const [shard, position] of to.entries()) {
    const seen = before[shard] ?? 0
    if (position <= seen) continue
    first = Math.min(first, seen)
    last = Math.max(last, position)
  }
  return last === 0 ? 0 : Math.ceil((last - first) / to.length)
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-~'
const BASE = DIGITS.length
const SEPARATOR = '.'

/** The source of a regular expression for the text of a point. */
export const POINT_FORM = String.raw`\d{1,15}(?:(?:\.[0-9A-Za-z~-]{0,8}){2,64})?`
const FORM = new RegExp(`^${POINT_FORM}$`)

/**
 * The text of a point in tokens and columns. With one shard, the number. With several, each position is its
 * count: how many values of the common sequence its shard has seen. The text has the lowest count and, for
 * each shard, the difference in base 64; the difference 0 is left out.
 */
export function pointText(point: StreamPoint): string {
  const shards = point.length
  if (shards === 1) return String(point[0])
  const counts = point.map((position, shard) => Math.max(0, Math.floor((position - shard) / shards) + 1))
  const least = lowest(counts)
  return [least, ...counts.map((count) => digitsOf(count - least))].join(SEPARATOR)
}

/** @returns undefined when the text is not that of a point */
export function parsePoint(text: string): StreamPoint | undefined {
  if (!FORM.test(text)) return undefined
  const [first, ...differences] = text.split(SEPARATOR)
  const least = Number(first)
  const shards = differences.length
  if (shards === 0) return [least]
  return differences.map((digits, shard) => {
    const count = least + numberOf(digits)
    return count === 0 ? 0 : Math.min((count - 1) * shards + shard, Number.MAX_SAFE_INTEGER)
  })
}

function digitsOf(number: number): string {
  let digits = ''
  for (let left = number; left > 0; left = Math.floor(left / BASE)) digits = DIGITS[left % BASE] + digits
  return digits
}

function numberOf(digits: string): number {
  let number = 0
  for (const digit of digits) number = number * BASE + DIGITS.indexOf(digit)
  return number
}

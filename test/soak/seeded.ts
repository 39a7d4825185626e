/** Random numbers that a seed repeats: the same moments of the same story. */
export type Seeded = {
  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
}

/** Mulberry32: 32 bits of state are plenty for choosing moments. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    pick: <T>(from: readonly T[]) => {
      if (from.length === 0) throw new Error('there is nothing to pick from')
      return from[below(from.length)] as T
    },
  }
}

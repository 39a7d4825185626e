/** Random numbers that are the same for the same seed. */
export type SeededRandom = {
  /** An integer from 0 to `end` - 1. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
}

/** Mulberry32, with 32 bits of state. */
export function seededRandom(seed: number): SeededRandom {
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
      if (from.length === 0) throw new Error('pick: the list is empty')
      return from[below(from.length)] as T
    },
  }
}

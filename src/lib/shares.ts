/** `key`: the key would exceed its limit. `sum`: all keys together would exceed theirs. */
export type Refusal = 'key' | 'sum'

/** Counts a limited resource, by key and in sum. */
export type Shares = {
  /** Takes `amount` for the key. A refusal takes nothing. */
  take(key: string, amount: number): Refusal | undefined
  give(key: string, amount: number): void
  of(key: string): number
  readonly held: number
}

export function createShares({ perKey, inSum }: { perKey: number; inSum: number }): Shares {
  const byKey = new Map<string, number>()
  let sum = 0
  return {
    take(key, amount) {
      const held = (byKey.get(key) ?? 0) + amount
      if (held > perKey) return 'key'
      if (sum + amount > inSum) return 'sum'
      byKey.set(key, held)
      sum += amount
      return undefined
    },
    give(key, amount) {
      const left = (byKey.get(key) ?? 0) - amount
      if (left > 0) byKey.set(key, left)
      else byKey.delete(key)
      sum -= amount
    },
    of: (key) => byKey.get(key) ?? 0,
    get held() {
      return sum
    },
  }
}

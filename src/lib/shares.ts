/** `key`: the key would hold more than one may. `sum`: all of them together would. */
export type Refusal = 'key' | 'sum'

/** How much of something limited is held at the moment, by key and in sum. */
export type Shares = {
  /** Takes so much for the key. With a refusal nothing is taken. */
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

/** Counts work in progress for each key (a user, an address), in this process. */
export type Occupancy = {
  /**
   * Takes a place until the returned function is called (calling it again has no effect); undefined: all places of
   * the key are taken.
   */
  enter(key: string): (() => void) | undefined
}

export function createOccupancy(mostPerKey: number): Occupancy {
  const counts = new Map<string, number>()
  return {
    enter(key) {
      const count = counts.get(key) ?? 0
      if (count >= mostPerKey) return undefined
      counts.set(key, count + 1)
      let isInside = true
      return () => {
        if (!isInside) return
        isInside = false
        const left = (counts.get(key) ?? 1) - 1
        if (left > 0) counts.set(key, left)
        else counts.delete(key)
      }
    },
  }
}

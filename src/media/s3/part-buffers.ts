/** The part buffers of all uploads in this process. Each counts as one part, full or not. */
export type PartBuffers = {
  /**
   * Takes a buffer, in the order of the calls. Resolves to the function that gives it back; calling it again
   * has no effect.
   */
  take(): Promise<() => void>
  /** Whether an upload waits for a buffer. */
  readonly areWanted: boolean
}

export function createPartBuffers(most: number): PartBuffers {
  let free = most
  const waiting: (() => void)[] = []
  return {
    async take() {
      if (free > 0) free--
      // A buffer that is given back goes to the first that waits.
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
    get areWanted() {
      return waiting.length > 0
    },
  }
}

/** The pushers that wait for their turn, each once. */
export type WaitingLine = {
  readonly size: number
  has(pusherId: number): boolean
  add(pusherId: number): void
  /** Waits for a place at this gateway. */
  addFor(origin: string, pusherId: number): void
  /** Does anybody wait for a place at this gateway? */
  isAwaited(origin: string): boolean
  /** The next to go, `count` at most, in the order of their arrival; who waits for a gateway goes when there is room at it. */
  take(count: number, roomAt: (origin: string) => number): Taken[]
}

/** `origin`: the gateway that it waited for. */
export type Taken = { pusherId: number; origin?: string }

export function createWaitingLine(): WaitingLine {
  const anywhere = new Set<number>()
  const byOrigin = new Map<string, Set<number>>()
  const originById = new Map<number, string>()

  function takeFor(origin: string, line: Set<number>, count: number): Taken[] {
    const taken = firstOf(line, count)
    for (const id of taken) {
      line.delete(id)
      originById.delete(id)
    }
    byOrigin.delete(origin)
    // Who still waits here goes behind those who wait for other gateways.
    if (line.size > 0) byOrigin.set(origin, line)
    return taken.map((pusherId) => ({ pusherId, origin }))
  }

  let areNewFirst = false

  function takeAnywhere(count: number): Taken[] {
    const ids = firstOf(anywhere, count)
    for (const id of ids) anywhere.delete(id)
    return ids.map((pusherId) => ({ pusherId }))
  }

  return {
    get size() {
      return anywhere.size + originById.size
    },
    has: (pusherId) => anywhere.has(pusherId) || originById.has(pusherId),
    add(pusherId) {
      if (!originById.has(pusherId)) anywhere.add(pusherId)
    },
    addFor(origin, pusherId) {
      anywhere.delete(pusherId)
      originById.set(pusherId, origin)
      const line = byOrigin.get(origin) ?? new Set()
      byOrigin.set(origin, line.add(pusherId))
    },
    isAwaited: (origin) => byOrigin.has(origin),
    take(count, roomAt) {
      // In turn, so that neither of the two keeps the other waiting for ever.
      areNewFirst = !areNewFirst
      const taken = areNewFirst ? takeAnywhere(count) : []
      const origins = [...byOrigin]
      for (const [origin, line] of origins) {
        const room = Math.min(roomAt(origin), count - taken.length)
        if (room > 0) taken.push(...takeFor(origin, line, room))
      }
      return areNewFirst ? taken : [...taken, ...takeAnywhere(count - taken.length)]
    },
  }
}

function firstOf(ids: ReadonlySet<number>, count: number): number[] {
  const first: number[] = []
  for (const id of ids) {
    if (first.length >= count) break
    first.push(id)
  }
  return first
}

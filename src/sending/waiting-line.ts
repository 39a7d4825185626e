/** The lanes that wait for their turn, each once. */
export type WaitingLine = {
  readonly size: number
  has(laneId: number): boolean
  add(laneId: number): void
  /** Waits for a place at this destination. */
  addFor(destination: string, laneId: number): void
  /** Does anybody wait for a place at this destination? */
  isAwaited(destination: string): boolean
  /** The next to go, `count` at most, in the order of their arrival; who waits for a destination goes when there is room at it. */
  take(count: number, roomAt: (destination: string) => number): Taken[]
}

/** `destination`: that it waited for. */
export type Taken = { laneId: number; destination?: string }

export function createWaitingLine(): WaitingLine {
  const anywhere = new Set<number>()
  const byDestination = new Map<string, Set<number>>()
  const destinationById = new Map<number, string>()

  function takeFor(destination: string, line: Set<number>, count: number): Taken[] {
    const taken = firstOf(line, count)
    for (const id of taken) {
      line.delete(id)
      destinationById.delete(id)
    }
    byDestination.delete(destination)
    // Who still waits here goes behind those who wait for other destinations.
    if (line.size > 0) byDestination.set(destination, line)
    return taken.map((laneId) => ({ laneId, destination }))
  }

  let areNewFirst = false

  function takeAnywhere(count: number): Taken[] {
    const ids = firstOf(anywhere, count)
    for (const id of ids) anywhere.delete(id)
    return ids.map((laneId) => ({ laneId }))
  }

  return {
    get size() {
      return anywhere.size + destinationById.size
    },
    has: (laneId) => anywhere.has(laneId) || destinationById.has(laneId),
    add(laneId) {
      if (!destinationById.has(laneId)) anywhere.add(laneId)
    },
    addFor(destination, laneId) {
      anywhere.delete(laneId)
      destinationById.set(laneId, destination)
      const line = byDestination.get(destination) ?? new Set()
      byDestination.set(destination, line.add(laneId))
    },
    isAwaited: (destination) => byDestination.has(destination),
    take(count, roomAt) {
      // In turn, so that neither of the two keeps the other waiting for ever.
      areNewFirst = !areNewFirst
      const taken = areNewFirst ? takeAnywhere(count) : []
      const destinations = [...byDestination]
      for (const [destination, line] of destinations) {
        const room = Math.min(roomAt(destination), count - taken.length)
        if (room > 0) taken.push(...takeFor(destination, line, room))
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

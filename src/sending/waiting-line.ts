/** The queue of woken lanes in memory. Each lane is in it at most once. */
export type WaitingLine = {
  readonly size: number
  add(laneId: number): void
  /** Adds a lane that needs a slot of this destination. */
  addFor(destination: string, laneId: number): void
  /** Takes up to `count` lanes in order of arrival. Lanes that need a slot of a destination are taken if it has a free slot. */
  take(count: number, roomAt: (destination: string) => number): Taken[]
}

/** `destination`: the destination whose slot the lane waited for. */
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
    // The remaining lanes of this destination go behind those of other destinations.
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
    add(laneId) {
      if (!destinationById.has(laneId)) anywhere.add(laneId)
    },
    addFor(destination, laneId) {
      anywhere.delete(laneId)
      destinationById.set(laneId, destination)
      const line = byDestination.get(destination) ?? new Set()
      byDestination.set(destination, line.add(laneId))
    },
    take(count, roomAt) {
      // New lanes and lanes that wait for slots go first in turn, so that neither starves.
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

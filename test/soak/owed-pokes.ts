type PokeOf = { roomId?: string | undefined; eventId?: string | undefined }

/** The pokes that each pusher is still to get, approximately. */
export type OwedPokes = {
  /** A message was acknowledged. */
  add(pushkey: string, message: PokeOf): void
  /**
   * A pusher got a poke, or its user has read a message. A pusher gets no poke for earlier messages of the
   * room any more.
   */
  received(poke: PokeOf & { pushkey: string }): void
  /** The number of pokes that one pusher is to get, the most of all. */
  longest(): number
  /** What is owed was not needed after all. */
  forgive(): void
}

export function createOwedPokes(): OwedPokes {
  /** By pusher: the rooms of the messages, by event ids, in the order of the acknowledgements. */
  const owed = new Map<string, Map<string, string | undefined>>()
  /** A poke can arrive before the acknowledgement. */
  const early = new Set<string>()
  const keyOf = (pushkey: string, eventId: string) => `${pushkey} ${eventId}`
  return {
    add(pushkey, { roomId, eventId = '' }) {
      if (early.delete(keyOf(pushkey, eventId))) return
      const queue = owed.get(pushkey) ?? new Map<string, string | undefined>()
      owed.set(pushkey, queue.set(eventId, roomId))
    },
    received({ pushkey, roomId, eventId }) {
      if (eventId === undefined) return
      const queue = owed.get(pushkey)
      if (queue?.has(eventId) !== true) early.add(keyOf(pushkey, eventId))
      else
        for (const [other, room] of Array.from(queue)) {
          if (room === roomId) queue.delete(other)
          if (other === eventId) return
        }
    },
    longest: () => Math.max(0, ...Array.from(owed.values(), (queue) => queue.size)),
    forgive: () => owed.clear(),
  }
}

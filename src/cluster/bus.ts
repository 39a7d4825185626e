/**
 * Wakes other parts of the server after a commit. A wake-up may be lost (a process dies, a network fails). It
 * therefore carries only data that is also in the database or that the server can do without, and subscribers also
 * poll.
 */
export interface Bus {
  publish(topic: Topic, message?: unknown): void
  /**
   * Calls `listener` for each message on any of the topics, until the returned function is called. The array must not change before. A listener is subscribed once
   * to a topic: the returned function ends the subscription to these topics, also if the listener has subscribed again.
   */
  subscribe(topics: readonly Topic[], listener: (message: unknown) => void): () => void
}

/**
 * `session:` reports that sessions of a user have ended. `room:`, `user:` and `device:` (a user id, a space and a device id) wake
 * waiting syncs, `inbox:` wakes
 * readers of an inbox, `media:` downloads that wait for an upload. `delivery` carries the ids of pushers with queued work, `activity` the active devices
 * (`rooms/sync/activity.ts`). `presence:` (a user id) wakes the waiting syncs that show presence; on `presence` processes report devices whose
 * presence changed (`rooms/presence/`). `rule ends` reports that a push rule has got an end (`user-rules/end-rules.ts`).
 */
export type Topic =
  | `room:${string}`
  | `user:${string}`
  | `device:${string}`
  | `session:${string}`
  | `inbox:${string}`
  | `media:${string}`
  | 'delivery'
  | 'activity'
  | 'rule ends'
  | `presence:${string}`
  | 'presence'

type Listener = (message: unknown) => void

/** The bus of a server that runs as one process. */
export function createLocalBus(): Bus {
  // Most topics have one listener: a set for each would be a tenth of the memory of a waiting sync.
  const listeners = new Map<Topic, Listener | Set<Listener>>()
  return {
    publish(topic, message) {
      const found = listeners.get(topic)
      if (typeof found === 'function') found(message)
      else if (found) for (const listener of found) listener(message)
    },
    subscribe(topics, listener) {
      for (const topic of topics) {
        const found = listeners.get(topic)
        if (found === undefined) listeners.set(topic, listener)
        else if (typeof found !== 'function') found.add(listener)
        else if (found !== listener) listeners.set(topic, new Set([found, listener]))
      }
      return () => {
        for (const topic of topics) leave(listeners, topic, listener)
      }
    },
  }
}

function leave(listeners: Map<Topic, Listener | Set<Listener>>, topic: Topic, listener: Listener): void {
  const found = listeners.get(topic)
  if (found instanceof Set) found.delete(listener)
  if (found === listener || (found instanceof Set && found.size === 0)) listeners.delete(topic)
}

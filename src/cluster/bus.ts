/**
 * Wakes other parts of the server after a commit. A wake-up may be lost (a process dies, a network fails). It
 * therefore carries only data that is also in the database or that the server can do without, and subscribers also
 * poll.
 */
export interface Bus {
  publish(topic: Topic, message?: unknown): void
  /**
   * Calls `listener` for each message on any of the topics, until the returned function is called. A listener is subscribed once
   * to a topic: the returned function ends the subscription to these topics, also if the listener has subscribed again.
   */
  subscribe(topics: readonly Topic[], listener: Listener): () => void
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

type Listener = (message: unknown, topic: Topic) => void

/** The listeners of a topic. A subscription keeps the channel, so that the many subscribers of a topic share its name. Most topics have one listener, without a set. */
type Channel = { readonly topic: Topic; listeners: Listener | Set<Listener> }

/** The bus of a server that runs as one process. */
export function createLocalBus(): Bus {
  const channels = new Map<Topic, Channel>()
  return {
    publish(topic, message) {
      const found = channels.get(topic)
      if (found === undefined) return
      const { listeners } = found
      if (typeof listeners === 'function') listeners(message, found.topic)
      else for (const listener of listeners) listener(message, found.topic)
    },
    subscribe(topics, listener) {
      const subscribed = topics.map((topic) => join(channels, topic, listener))
      return () => {
        for (const { topic } of subscribed) leave(channels, topic, listener)
      }
    },
  }
}

function join(channels: Map<Topic, Channel>, topic: Topic, listener: Listener): Channel {
  const found = channels.get(topic)
  if (found === undefined) {
    const channel: Channel = { topic, listeners: listener }
    channels.set(topic, channel)
    return channel
  }
  const { listeners } = found
  if (typeof listeners !== 'function') listeners.add(listener)
  else if (listeners !== listener) found.listeners = new Set([listeners, listener])
  return found
}

function leave(channels: Map<Topic, Channel>, topic: Topic, listener: Listener): void {
  const found = channels.get(topic)
  if (found === undefined) return
  const { listeners } = found
  if (listeners instanceof Set) listeners.delete(listener)
  if (listeners === listener || (listeners instanceof Set && listeners.size === 0)) channels.delete(topic)
}

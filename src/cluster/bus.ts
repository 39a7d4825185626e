/** A value that JSON carries unchanged: other processes get a copy. */
export type BusMessage =
  | null
  | boolean
  | number
  | string
  | readonly BusMessage[]
  | { readonly [key: string]: BusMessage }

/**
 * Wakes other parts of the server after a commit: in this process at once, in the other processes on the same
 * database soon after. A wake-up may be lost (a process dies, a network fails). It therefore carries only
 * data that is also in the database or that the server can do without.
 */
export interface Bus {
  publish(topic: Topic, message?: BusMessage): void
  /**
   * Calls `listener` for each message on any of the topics, until the returned function is called. A listener
   * is subscribed once to a topic: the returned function ends the subscription to these topics, also if the
   * listener has subscribed again.
   *
   * When messages may have been lost, every listener is called without a message, for each of its topics: it
   * then looks at the database itself.
   */
  subscribe(topics: readonly Topic[], listener: Listener): () => void
}

/**
 * `session:` reports that sessions of a user have ended. `room:`, `user:` and `device:` (a user id, a space
 * and a device id) wake waiting syncs, `inbox:` wakes readers of an inbox, `media:` downloads that wait for
 * an upload. `delivery` carries the ids of pushers with queued work, `activity` the active devices
 * (`rooms/sync/activity.ts`), `typing` the users who start and stop typing (`rooms/typing.ts`). `presence:`
 * (a user id) wakes the waiting syncs that show presence; on `presence` processes report devices whose
 * presence changed (`rooms/presence/`). `rule ends` reports that a push rule has got an end
 * (`user-rules/end-rules.ts`), `processes` that a process has come or gone (`cluster/membership.ts`).
 * `circuits` carries the pauses of push gateways (`sending/shared-circuits.ts`).
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
  | 'typing'
  | 'rule ends'
  | `presence:${string}`
  | 'presence'
  | 'processes'
  | 'circuits'

/** `message`: undefined on a topic with messages means that some may have been lost. */
type Listener = (message: BusMessage | undefined, topic: Topic) => void

/** The listeners of one process. */
export interface LocalBus extends Bus {
  /** Calls all listeners without a message. */
  lookAll(): void
}

/**
 * The listeners of a topic. A subscription keeps the channel, so that the many subscribers of a topic share
 * its name. Most topics have one listener, without a set.
 */
type Channel = { readonly topic: Topic; listeners: Listener | Set<Listener> }

/** The bus of a server that runs as one process. */
export function createLocalBus(): LocalBus {
  const channels = new Map<Topic, Channel>()
  const call = ({ topic, listeners }: Channel, message: BusMessage | undefined) => {
    if (typeof listeners === 'function') listeners(message, topic)
    else for (const listener of listeners) listener(message, topic)
  }
  return {
    publish(topic, message) {
      const found = channels.get(topic)
      if (found !== undefined) call(found, message)
    },
    lookAll() {
      // A listener may change the subscriptions.
      const present = [...channels.values()]
      for (const channel of present) call(channel, undefined)
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

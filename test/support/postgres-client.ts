import type { TestContext } from 'node:test'
import { Client } from 'pg'

type SendQuery = (this: Client, ...args: unknown[]) => unknown

/** Calls `intercept` instead of the driver for each query of a connection. `send` calls the driver. */
export function interceptQueries(
  t: TestContext,
  intercept: (client: Client, args: unknown[], send: (args: unknown[]) => unknown) => unknown,
): void {
  const original = Object.getOwnPropertyDescriptor(Client.prototype, 'query')?.value as SendQuery
  const intercepted: SendQuery = function query(...args) {
    return intercept(this, args, (sent) => original.apply(this, sent))
  }
  t.mock.method(Client.prototype, 'query', intercepted as never)
}

/**
 * Counts the round trips of the connections that write. A statement that is sent after a response starts a new round trip; statements
 * that are sent together share one.
 */
export function countRoundTrips(t: TestContext): { count: () => number } {
  const hasResponded = new WeakMap<Client, boolean>()
  let trips = 0
  interceptQueries(t, (client, args, send) => {
    const result = send(args)
    // Readers begin with an isolation level, or pass a callback.
    if (args[0] === 'begin' && !hasResponded.has(client)) hasResponded.set(client, true)
    const isNewTrip = hasResponded.get(client)
    if (isNewTrip === undefined || !(result instanceof Promise)) return result
    if (isNewTrip) trips++
    hasResponded.set(client, false)
    const note = () => void hasResponded.set(client, true)
    result.then(note, note)
    return result
  })
  return { count: () => trips }
}

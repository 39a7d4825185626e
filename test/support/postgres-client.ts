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
 * Counts the round trips of the connections that write, as on a slow network: the responses to the statements that are sent together arrive together, before the next
 * statements are sent.
 */
export function countRoundTrips(t: TestContext): { count: () => number } {
  /** By connection: its round trip, if one is under way. */
  const underWay = new Map<Client, RoundTrip | undefined>()
  let trips = 0
  interceptQueries(t, (client, args, send) => {
    const result = send(args)
    // Readers begin with an isolation level, or pass a callback.
    if (args[0] === 'begin' && !underWay.has(client)) underWay.set(client, undefined)
    if (!underWay.has(client) || !(result instanceof Promise)) return result
    let trip = underWay.get(client)
    if (trip === undefined) {
      trips++
      trip = beginRoundTrip(() => underWay.set(client, undefined))
      underWay.set(client, trip)
    }
    return trip.held(result)
  })
  return { count: () => trips }
}

type RoundTrip = {
  /** Settles like `response`, at the end of the round trip. */
  held: (response: Promise<unknown>) => Promise<unknown>
}

function beginRoundTrip(onEnd: () => void): RoundTrip {
  const arrived = Promise.withResolvers<void>()
  let missing = 0
  let isOver = false
  const note = () => {
    missing--
    setImmediate(() => {
      if (missing > 0 || isOver) return
      isOver = true
      onEnd()
      arrived.resolve()
    })
  }
  return {
    async held(response) {
      missing++
      response.then(note, note)
      await arrived.promise
      return response
    },
  }
}

import type { TestContext } from 'node:test'
import { BatchClient } from '../../src/storage/batch-client.ts'
import type { StatementResult } from '../../src/storage/postgres-batch.ts'
import type { Statement } from '../../src/storage/postgres-queries.ts'

type Send = (statement: Statement | string) => Promise<StatementResult>

/** Calls `intercept` for each statement of a connection that writes. `send` sends it. */
export function interceptStatements(
  t: TestContext,
  intercept: (client: BatchClient, statement: Statement | string, send: Send) => Promise<StatementResult>,
): void {
  const original = Object.getOwnPropertyDescriptor(BatchClient.prototype, 'send')?.value as Send
  function send(this: BatchClient, statement: Statement | string) {
    return intercept(this, statement, (sent) => original.call(this, sent))
  }
  t.mock.method(BatchClient.prototype, 'send', send)
}

/**
 * Counts the round trips of the connections that write, as on a slow network: the responses to the statements
 * that are sent together arrive together, before the next statements are sent.
 */
export function countRoundTrips(t: TestContext): { count: () => number } {
  /** By connection: its round trip, if one is under way. */
  const underWay = new Map<BatchClient, RoundTrip | undefined>()
  let trips = 0
  interceptStatements(t, (client, statement, send) => {
    const result = send(statement)
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
  held: <T>(response: Promise<T>) => Promise<T>
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

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterTest, type TestEnd } from '../support/after-test.ts'
import type { TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'

// Requests while processes are stopped and killed. Each is repeated until it is acknowledged.

/** After this time without a response the request is repeated. */
const TIMEOUT_MS = 2_000
const PAUSE_MS = 40
/** Of so many notifications, the push server responds to one after `SLOW_MS`, so that the gateway queues it. */
const SLOW_ONE_IN = 4
const SLOW_MS = 400
/** `BELFRY_GATEWAY_ANSWER_WITHIN_MS`. */
export const ANSWER_WITHIN_MS = 100
/**
 * So many may be acknowledged without having arrived. So the delays are those of the signals, and not of a
 * long queue.
 */
const MOST_OWED = 10

/** Event ids with the time of their acknowledgement or arrival, in milliseconds since the start of this process. */
export type Times = Map<string, number>

export type Load = {
  acknowledged: Times
  /** Of the responses. 0: none. */
  statuses: ReadonlySet<number>
  /** Resolves when more requests that began after the call were acknowledged. */
  more(): Promise<void>
  /** Resolves when all that was begun is acknowledged. */
  end(): Promise<void>
}

type Attempt = (n: number) => Promise<{ status: number; eventId: string }>

/** Makes one request after the other in each of several loops. `arrived`: the events that have arrived. */
function startLoad(attempts: readonly Attempt[], arrived: Times): Load {
  const acknowledged: Times = new Map()
  const statuses = new Set<number>()
  let isOver = false
  const running = attempts.map(async (attempt) => {
    for (let n = 0; !isOver; n++) {
      for (;;) {
        const { status, eventId } = await attempt(n).catch(() => ({ status: 0, eventId: '' }))
        statuses.add(status)
        if (status === 200) acknowledged.set(eventId, performance.now())
        do await setTimeout(PAUSE_MS)
        while (acknowledged.size - arrived.size > MOST_OWED)
        if (status === 200) break
      }
    }
  })
  return {
    acknowledged,
    statuses,
    async more() {
      const wanted = acknowledged.size + attempts.length * 3
      await eventually(() => acknowledged.size >= wanted)
    },
    async end() {
      isOver = true
      await Promise.all(running)
    },
  }
}

async function request(url: string, init: RequestInit) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Each user sends messages, to each room in turn. */
export const startSenders = (
  base: string,
  { users, roomIds, arrived }: { users: readonly TestUser[]; roomIds: readonly string[]; arrived: Times },
): Load =>
  startLoad(
    users.map(({ token }, at) => async (n) => {
      const room = encodeURIComponent(roomIds[(at + n) % roomIds.length] ?? '')
      const { status, body } = await request(
        `${base}/_matrix/client/v3/rooms/${room}/send/m.room.message/${n}`,
        {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify({ msgtype: 'm.text', body: `${at} ${n}` }),
        },
      )
      return { status, eventId: String(body['event_id']) }
    }),
    arrived,
  )

/** Another home server sends notifications for these devices to the push gateway. */
export const startHomeServer = (
  base: string,
  { appId, pushkeys, arrived }: { appId: string; pushkeys: readonly string[]; arrived: Times },
): Load =>
  startLoad(
    pushkeys.map((pushkey, at) => async (n) => {
      const eventId = `$${at}-${n}`
      const devices = [{ app_id: appId, pushkey }]
      const notification = { event_id: eventId, room_id: '!elsewhere', type: 'm.room.message', devices }
      const { status } = await request(`${base}/_matrix/push/v1/notify`, {
        method: 'POST',
        body: JSON.stringify({ notification }),
      })
      return { status, eventId }
    }),
    arrived,
  )

/**
 * A push server for apps of the type `unifiedpush`. Some responses are late, and without a connection for
 * them their notifications count as lost.
 */
export async function startPushServer(t: TestEnd): Promise<{ url: string; arrived: Times }> {
  const arrived: Times = new Map()
  let received = 0
  const server = createServer((incoming, response) => {
    const receive = async () => {
      const { notification } = (await json(incoming)) as { notification: { event_id: string } }
      if (++received % SLOW_ONE_IN === 0) await setTimeout(SLOW_MS)
      if (response.destroyed) return
      if (!arrived.has(notification.event_id)) arrived.set(notification.event_id, performance.now())
      response.writeHead(201).end()
    }
    receive().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived }
}

/**
 * The longest time from an acknowledgement to the arrival, in milliseconds. @throws when an acknowledged
 * event has not arrived
 */
export function latest(acknowledged: Times, arrived: Times): number {
  let most = 0
  for (const [eventId, at] of acknowledged) {
    const came = arrived.get(eventId)
    if (came === undefined) throw new Error(`${eventId} was acknowledged and has not arrived`)
    most = Math.max(most, came - at)
  }
  return Math.round(most)
}

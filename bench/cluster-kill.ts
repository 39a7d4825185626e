import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { BenchOptions } from './benchmark.ts'
import type { ClusterPart } from './cluster-throughput.ts'
import { type DurablePostgres, type Observer, observe } from './support/durable-postgres.ts'
import { messageBody, STAMP } from './support/message.ts'
import { monotonicMs } from './support/monotonic.ts'
import { openSeedOf, type SeededRoom } from './support/seed.ts'
import { launchBelfries, type SeveralBelfries } from './support/several-belfries.ts'
import { median, percentile, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

// SIGKILL of the process that has the leases, while messages are sent to both: the delay of each poke.

const CONVERSATIONS = 64
const ROUNDS = 3
const PER_SECOND = 40
const BEFORE_MS = 3000
const AFTER_MS = 5000
/** The gateway responds after this time, so that leases are held at the kill. */
const RESPONSE_MS = 40
const MAX_DELAY_MS = 15_000
const PATIENCE_MS = 60_000

type Killed = { messages: number; p50Ms: number; latestMs: number; resent: number }

/** The delays of pokes after SIGKILL of the process that holds their leases. */
export async function measureKill(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  const database = await postgres.newDatabase()
  await using gateway = await startGateway()
  const senders = await seedConversations(database, gateway.url)
  await using observer = await observe(database)
  const rounds: Killed[] = []
  for (let at = 0; at < ROUNDS; at++) {
    await using both = await launchBelfries(2, { data, database }, options)
    rounds.push(await killHolder({ both, gateway, senders, observer, from: at * 1_000_000 }))
  }
  const latest = Math.max(...rounds.map(({ latestMs }) => latestMs))
  return {
    table: {
      title: `SIGKILL of the process with the most leases, ${PER_SECOND} messages/s through two processes`,
      columns: ['', 'messages', 'poke p50 ms', 'latest poke ms', 'sent again'],
      rows: rounds.map((of, at) => [
        `kill ${at + 1}`,
        figure(of.messages),
        figure(of.p50Ms),
        figure(of.latestMs),
        figure(of.resent),
      ]),
    },
    targets: [
      atMost(`every poke within ${MAX_DELAY_MS / 1000} s after the response to the sender`, {
        value: latest,
        limit: MAX_DELAY_MS,
        unit: 'ms',
      }),
    ],
    figures: {
      latestMs: Math.round(latest),
      medianOfLatestMs: Math.round(median(rounds.map(({ latestMs }) => latestMs))),
      rounds: rounds.map(rounded),
    },
  }
}

async function seedConversations(database: string, gateway: string): Promise<SeededRoom[]> {
  await using seed = await openSeedOf(database, gateway)
  return await seed.addConversations(CONVERSATIONS)
}

type Gateway = AsyncDisposable & {
  url: string
  /** The first arrival of each message, by its number. */
  arrivals: Map<number, number>
  /** Pokes of messages that had arrived before. */
  resent(): number
}

async function startGateway(): Promise<Gateway> {
  const arrivals = new Map<number, number>()
  let resent = 0
  const receive = async (request: IncomingMessage) => {
    const number = Number(STAMP.exec(await text(request))?.[2])
    if (arrivals.has(number)) resent++
    else arrivals.set(number, monotonicMs())
    await setTimeout(RESPONSE_MS)
  }
  const server = createServer((request, response) => {
    receive(request).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"rejected":[]}'),
      // The server was killed while it sent the request.
      () => response.destroy(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/_matrix/push/v1/notify`,
    arrivals,
    resent: () => resent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function killHolder(of: {
  both: SeveralBelfries
  gateway: Gateway
  senders: readonly SeededRoom[]
  observer: Observer
  /** The number of the first message. */
  from: number
}): Promise<Killed> {
  const { both, gateway, observer } = of
  const resentBefore = gateway.resent()
  const urls = [...both.urls]
  const sending = startSending(urls, of)
  await setTimeout(BEFORE_MS)
  const pid = await untilHeld(observer)
  // A load balancer notices that connections are refused: no new requests for this process.
  process.kill(pid, 'SIGKILL')
  urls.splice(
    both.processes.findIndex((one) => one.pid === pid),
    1,
  )
  await setTimeout(AFTER_MS)
  const responded = await sending.end()
  const until = monotonicMs() + PATIENCE_MS
  while ([...responded.keys()].some((number) => !gateway.arrivals.has(number))) {
    if (monotonicMs() > until) throw new Error(`a poke did not arrive within ${PATIENCE_MS / 1000} s`)
    await setTimeout(20)
  }
  const delays = [...responded].map(([number, at]) => (gateway.arrivals.get(number) ?? Number.NaN) - at)
  return {
    messages: delays.length,
    p50Ms: Math.max(0, percentile(delays, 0.5)),
    latestMs: Math.max(...delays),
    resent: gateway.resent() - resentBefore,
  }
}

async function untilHeld(observer: Observer): Promise<number> {
  for (;;) {
    const pid = await observer.leaseHolder()
    if (pid !== undefined) return pid
    await setTimeout(1)
  }
}

/** Sends at a rate, to the URLs in turn; a request that was cut off is repeated with another one, as clients do. */
function startSending(
  urls: readonly string[],
  { senders, from }: { senders: readonly SeededRoom[]; from: number },
) {
  const responded = new Map<number, number>()
  const pending = new Set<Promise<void>>()
  let [number, isOver] = [from, false]
  const send = async (message: number) => {
    const { roomId, token } = senders[message % senders.length] as SeededRoom
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/kill-${message}`
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = messageBody(message)
    for (let attempt = 0; ; attempt++)
      try {
        const url = urls[(message + attempt) % urls.length] ?? ''
        const response = await fetch(url + path, { method: 'PUT', headers, body })
        const answer = await response.text()
        if (response.status !== 200) throw new Error(`sending failed with ${response.status}: ${answer}`)
        return void responded.set(message, monotonicMs())
      } catch (error) {
        // `fetch` rejects so when the connection ends.
        if (!(error instanceof TypeError)) throw error
      }
  }
  const startedAt = monotonicMs()
  const timer = setInterval(() => {
    const due = from + ((monotonicMs() - startedAt) * PER_SECOND) / 1000
    while (!isOver && number < due) {
      const one: Promise<void> = send(number++).finally(() => pending.delete(one))
      pending.add(one)
    }
  }, 5)
  return {
    async end(): Promise<ReadonlyMap<number, number>> {
      isOver = true
      clearInterval(timer)
      await Promise.all(pending)
      return responded
    },
  }
}

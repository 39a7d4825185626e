import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterTest, type TestEnd } from './after-test.ts'

export type RoundRobin = {
  /** Sends each request to the next server, also on a connection that is kept alive. */
  url: string
  /** How many responses had each status. 0: the connection to the server ended before the response. */
  statuses: ReadonlyMap<number, number>
}

type Target = { url: string }

/**
 * A load balancer without stickiness. `targets` may change.
 * @param readyEveryMs asks `/ready` of each server in this interval, and sends nothing to a server that does
 *   not respond with 200. Without it, all servers get requests.
 */
export async function startRoundRobin(
  t: TestEnd,
  targets: readonly Target[],
  { readyEveryMs }: { readyEveryMs?: number | undefined } = {},
): Promise<RoundRobin> {
  const statuses = new Map<number, number>()
  const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const isReady = readyEveryMs === undefined ? () => true : watchReady(t, targets, readyEveryMs)
  let requests = 0
  // The responses of Belfry tell the client how long it keeps connections, so this server must not close them earlier.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const ready = targets.filter(isReady)
    const candidates = ready.length > 0 ? ready : targets
    pass(incoming, outgoing, { target: candidates[requests++ % candidates.length], count })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, statuses }
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, count }: { target: Target | undefined; count: (status: number) => void },
): void {
  const { method, headers, url = '/' } = incoming
  let isCounted = false
  const passed = request(new URL(url, target?.url), { method, headers }, (response) => {
    const status = response.statusCode ?? 0
    isCounted = true
    count(status)
    outgoing.writeHead(status, response.headers)
    response.pipe(outgoing)
  })
  passed.on('error', () => {
    // A client that closes its connection ends the request too.
    if (!isCounted && !outgoing.closed) count(0)
    outgoing.destroy()
  })
  outgoing.on('close', () => passed.destroy())
  incoming.pipe(passed)
}

/** A server that has just started gets requests until it fails a check. */
function watchReady(t: TestEnd, targets: readonly Target[], everyMs: number): (target: Target) => boolean {
  const failing = new Set<Target>()
  const end = new AbortController()
  const check = async (target: Target) => {
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(READY_TIMEOUT_MS)])
    const isReady = await fetch(`${target.url}/ready`, { signal }).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (isReady) failing.delete(target)
    else failing.add(target)
  }
  const checkAgain = async () => {
    while (!end.signal.aborted) {
      await Promise.all(targets.map(check))
      await setTimeout(everyMs)
    }
  }
  const checking = checkAgain()
  afterTest(t, () => {
    end.abort()
    return checking
  })
  return (target) => !failing.has(target)
}

const READY_TIMEOUT_MS = 1000

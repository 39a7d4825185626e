import type { SecureContext } from 'node:tls'

import { buildConnector, Pool } from 'undici'

import type { Clock } from '../../lib/clock.ts'
import { faultOf } from '../../lib/outbound/network-fault.ts'
import { type Proxy, proxyFor } from '../../lib/outbound/proxy.ts'
import { throughProxy } from '../../lib/outbound/proxy-connector.ts'
import { dateIn } from '../../lib/outbound/date-in.ts'
import { readJson } from '../../lib/outbound/read-json.ts'
import { retryAfterMs } from '../../lib/outbound/retry-after.ts'

/**
 * `body`: parsed JSON, `undefined` for anything else and for what is longer than 64 KiB. `serviceTime`: by the clock of the service, in
 * milliseconds since the Unix epoch.
 */
export type Answer = {
  kind: 'answer'
  status: number
  body: unknown
  retryAfterMs?: number
  serviceTime?: number
}
/** `fault`: one of a fixed set of words. */
export type Reply = Answer | { kind: 'fault'; fault: string }

export type PostRequest = { path: string; headers: Record<string, string>; body: string }

/** Posts to one address that the operator has chosen. Redirects are not followed. */
export type Poster = AsyncDisposable & {
  /** Never rejects. An abort is the fault `stopped`; no answer within 30 s is `timeout`. */
  post(request: PostRequest, signal: AbortSignal): Promise<Reply>
}

export type PosterOptions = {
  origin: string
  connections: number
  secureContext: SecureContext | undefined
  proxy: Proxy | undefined
  clock: Clock
}

const CONNECT_MS = 10_000
const EXCHANGE_MS = 30_000
const MAX_BODY_BYTES = 64 * 1024

export function makePoster({ origin, connections, secureContext, clock, ...given }: PosterOptions): Poster {
  const proxy = proxyFor(given.proxy, new URL(origin))
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_MS,
    ...(secureContext !== undefined && { secureContext }),
  })
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 60_000,
    // The deadline bounds the whole exchange; undici's timers would only start anew with each chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: proxy === undefined ? connect : throughProxy(proxy, connect, CONNECT_MS),
  })

  async function exchange({ path, headers, body }: PostRequest, signal: AbortSignal): Promise<Reply> {
    const answer = await pool.request({ method: 'POST', path, headers, body, signal })
    const wait = retryAfterMs(answer.headers['retry-after'], clock.now())
    const time = dateIn(answer.headers)
    return {
      kind: 'answer',
      status: answer.statusCode,
      body: await readJson(answer.body, MAX_BODY_BYTES),
      ...(wait !== undefined && { retryAfterMs: wait }),
      ...(time !== undefined && { serviceTime: time }),
    }
  }

  return {
    async post(request, signal) {
      if (signal.aborted) return { kind: 'fault', fault: 'stopped' }
      const ending = new AbortController()
      const done = new AbortController()
      const stop = () => ending.abort('stopped')
      signal.addEventListener('abort', stop, { once: true })
      // Ended by `done` too, when nobody listens any more.
      void clock.sleep(EXCHANGE_MS, done.signal).then(() => ending.abort('timeout'))
      try {
        return await exchange(request, ending.signal)
      } catch (error) {
        return { kind: 'fault', fault: ending.signal.aborted ? String(ending.signal.reason) : faultOf(error) }
      } finally {
        signal.removeEventListener('abort', stop)
        done.abort()
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}

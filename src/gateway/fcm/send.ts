import type { SecureContext } from 'node:tls'

import { buildConnector, Pool } from 'undici'

import type { Clock } from '../../lib/clock.ts'
import { createDeadlines } from '../../lib/deadlines.ts'
import { type CallResult, type PostingAgent, postOnce, type StartTimer } from '../../lib/outbound/call.ts'
import { type Proxy, proxyFor } from '../../lib/outbound/proxy.ts'
import { throughProxy } from '../../lib/outbound/proxy-connector.ts'

/** `url`: an address of the poster's origin. */
export type PostRequest = { url: URL; headers: Record<string, string>; body: string }

/** Posts to one origin that the operator has chosen. Redirects are not followed. */
export type Poster = AsyncDisposable & {
  /** See `postOnce`. The deadline is 30 s; of the body, 64 KiB of JSON are read. */
  post(request: PostRequest, signal: AbortSignal): Promise<CallResult>
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
const READ_BODY = { success: 'json', other: 'json' } as const

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
    // The deadline covers the whole exchange; undici's timers would start again with each chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: proxy === undefined ? connect : throughProxy(proxy, connect, CONNECT_MS),
  })

  const agent: PostingAgent = {
    post: ({ pathname, search }, options, handler) =>
      void pool.dispatch({ method: 'POST', path: pathname + search, ...options }, handler),
  }
  const deadlines = createDeadlines(clock, EXCHANGE_MS)
  const startTimer: StartTimer = (_ms, expire) => deadlines.add(expire)

  return {
    post: ({ url, headers, body }, signal) =>
      postOnce(agent, url, {
        headers,
        body,
        deadlineMs: EXCHANGE_MS,
        maxBodyBytes: MAX_BODY_BYTES,
        readBody: READ_BODY,
        clock,
        signal,
        startTimer,
      }),
    async [Symbol.asyncDispose]() {
      deadlines[Symbol.dispose]()
      await pool.destroy()
    },
  }
}

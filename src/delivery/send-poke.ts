import { BoundedMap } from '../lib/bounded-map.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import { MatrixError } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject } from '../lib/json.ts'
import { type CallResult, postOnce } from '../lib/outbound/call.ts'
import type { GuardedAgent } from '../lib/outbound/guarded-agent.ts'
import type { Unwritten } from '../gateway/accept.ts'
import type { SendResult, Untimed } from '../sending/result.ts'
import type { PokeFault } from './poke-fault.ts'
import type { Poke } from './poke.ts'

/**
 * Makes one attempt to send a poke to a gateway. Never rejects. `delivered`: any 2xx. `rejected`: a 2xx that
 * names the pushkey. `refused`: a 4xx that a retry cannot change. `retryAfterMs`: from a 429 or 503.
 * `worthSeconds`: how long a push service stores the poke for an offline device; gateways do not receive it.
 */
export type PokeSender = (url: string, poke: Poke, more?: PokeSending) => Promise<PokeResult>

/** `unwritten`: rows of the own gateway that belong to the result, see `isRecorded`. */
export type PokeResult = SendResult<PokeFault> & { unwritten?: Unwritten }

/**
 * For the own gateway only. `userId`: the recipient. `isRecorded`: the caller writes `unwritten` in the
 * transaction that records the result.
 */
export type PokeSending = { worthSeconds?: number; userId?: UserId; isRecorded?: boolean }

/** The server's own gateway: takes the body of `/notify` and returns the response. */
export type OwnGateway = (
  body: Poke,
  userId?: UserId,
  isRecorded?: boolean,
) => Promise<{ status: number; body: unknown; unwritten?: Unwritten }>

export type PokeSenderDeps = {
  agent: GuardedAgent
  clock?: Clock
  /** The own gateway, if the URL is its address. It is called without HTTP. */
  inProcess?: (url: URL) => OwnGateway | undefined
  /** For the whole exchange, with the wait for a connection and the body of the response. Default: 30 s. */
  deadlineMs?: number
  /** The longest part of a response body that is read. Default: 64 KiB. */
  maxBodyBytes?: number
}

type PokeResponse = {
  status: number
  body: unknown
  retryAfterMs?: number | undefined
  unwritten?: Unwritten | undefined
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'belfry' }
/** The body of a 2xx response names rejected pushkeys. For other responses the status decides. */
const READ_BODY = { success: 'json', other: 'none' } as const

/** The maximum number of parsed URLs in memory. A server has few gateways, but users choose them. */
const KNOWN_URLS = 1000

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}

export function makePokeSender(deps: PokeSenderDeps): PokeSender {
  const { agent, clock = systemClock, deadlineMs = 30_000, maxBodyBytes = 65_536 } = deps
  const urls = new BoundedMap<string, URL | undefined>({ limit: KNOWN_URLS })
  return async (text, poke, { userId, isRecorded } = {}) => {
    const started = clock.now()
    const url = urls.getOrInsertComputed(text, httpUrl)
    if (url === undefined) return { kind: 'retry', reason: 'bad url', ms: 0 }

    const own = deps.inProcess?.(url)
    const result = own
      ? await askOwnGateway(() => own(poke, userId, isRecorded), deadlineMs)
      : await postOnce(agent, url, {
          headers: HEADERS,
          body: JSON.stringify(poke),
          deadlineMs,
          maxBodyBytes,
          readBody: READ_BODY,
          clock,
        })
    const ms = Math.max(0, clock.now() - started)
    if (result.kind === 'fault') return { kind: 'retry', reason: result.fault, ms }
    const unwritten = 'unwritten' in result ? result.unwritten : undefined
    return {
      ...resultOf(result, poke.notification.devices[0].pushkey),
      ms,
      ...(unwritten !== undefined && { unwritten }),
    }
  }
}

function resultOf(
  { status, body, retryAfterMs }: PokeResponse,
  pushkey: string,
): Untimed<SendResult<PokeFault>> {
  if (status >= 200 && status < 300) {
    if (rejectedIn(body).includes(pushkey)) return { kind: 'rejected', reason: 'rejected', status }
    return { kind: 'delivered', reason: 'accepted', status }
  }
  if (isFinal(status)) return { kind: 'refused', reason: `status ${status}`, status }
  const reason = status >= 300 && status < 400 ? 'redirect' : (`status ${status}` as const)
  const hasWait = retryAfterMs !== undefined && (status === 429 || status === 503)
  return { kind: 'retry', reason, status, ...(hasWait && { retryAfterMs }) }
}

/** The poke itself is refused. A 408, 425 or 429 can be retried. */
const isFinal = (status: number) => status >= 400 && status < 500 && ![408, 425, 429].includes(status)

/** A 2xx counts as delivered even if its body is invalid. */
function rejectedIn(body: unknown): string[] {
  if (!isJsonObject(body) || !Array.isArray(body.rejected)) return []
  const rejected = body.rejected.filter((key) => typeof key === 'string')
  return rejected.length === body.rejected.length ? rejected : []
}

type OwnResult = ({ kind: 'response' } & PokeResponse) | Extract<CallResult, { kind: 'fault' }>

/** With the same deadline as a gateway over HTTP. */
async function askOwnGateway(ask: () => ReturnType<OwnGateway>, deadlineMs: number): Promise<OwnResult> {
  const late = Promise.withResolvers<OwnResult>()
  const timer = setTimeout(() => late.resolve({ kind: 'fault', fault: 'timeout' }), deadlineMs)
  try {
    const responding = ask().then(
      (response): OwnResult => ({ kind: 'response', ...response }),
      (error: unknown): OwnResult => ({
        kind: 'response',
        status: error instanceof MatrixError ? error.status : 500,
        body: undefined,
      }),
    )
    return await Promise.race([responding, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

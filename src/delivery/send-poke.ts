import { systemClock, type Clock } from '../lib/clock.ts'
import { MatrixError } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject } from '../lib/json.ts'
import { type CallResult, postOnce } from '../lib/outbound/call.ts'
import type { GuardedAgent } from '../lib/outbound/guarded-agent.ts'
import type { PokeFault } from './poke-fault.ts'
import type { Poke } from './poke.ts'

/**
 * What became of one attempt. `sent`: the gateway took it (any 2xx); `rejected` are the pushkeys that it wants to hear of no
 * more. `refused`: it never will take this very poke (4xx). `retry`: it may later; `status` is there when a whole answer
 * came, `retryAfterMs` when that answer was a 429 or 503 and said how long to wait. `ms`: how long the attempt took.
 */
export type PokeResult =
  | { kind: 'sent'; rejected: string[]; status: number; ms: number }
  | { kind: 'refused'; error: PokeFault; status: number; ms: number }
  | { kind: 'retry'; error: PokeFault; status?: number; retryAfterMs?: number; ms: number }

/**
 * Sends one poke to one gateway, once. Never rejects. `worthSeconds`: for how long a push service is to keep it for a device that
 * is away; gateways are told nothing of it.
 */
export type PokeSender = (url: string, poke: Poke, more?: PokeSending) => Promise<PokeResult>

/** `userId`: whom it is for. The own gateway alone is told. */
export type PokeSending = { worthSeconds?: number; userId?: UserId }

/** The server's own gateway: takes the body of `/notify`, answers with what would go over the wire. */
export type OwnGateway = (body: Poke, userId?: UserId) => Promise<{ status: number; body: unknown }>

export type PokeSenderDeps = {
  agent: GuardedAgent
  clock?: Clock
  /** The own gateway, when the URL is its address: it is called without HTTP. */
  inProcess?: (url: URL) => OwnGateway | undefined
  /** For the whole exchange, the wait for a free connection and the body of the answer included. 30 s. */
  deadlineMs?: number
  /** So much of the body of an answer is read. 64 KiB. */
  maxBodyBytes?: number
}

type Answer = { status: number; body: unknown; retryAfterMs?: number | undefined }

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'belfry' }
/** The body of a success names rejected pushkeys; of anything else, the status has decided. */
const READ_BODY = { success: 'json', other: 'none' } as const

export function makePokeSender(deps: PokeSenderDeps): PokeSender {
  const { agent, clock = systemClock, deadlineMs = 30_000, maxBodyBytes = 65_536 } = deps
  return async (text, poke, { userId } = {}) => {
    const started = clock.now()
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) return { kind: 'retry', error: 'bad url', ms: 0 }

    const own = deps.inProcess?.(url)
    const result = own
      ? await askOwnGateway(() => own(poke, userId), deadlineMs)
      : await postOnce(agent, url, {
          headers: HEADERS,
          body: JSON.stringify(poke),
          deadlineMs,
          maxBodyBytes,
          readBody: READ_BODY,
          clock,
        })
    const ms = Math.max(0, clock.now() - started)
    return result.kind === 'fault' ? { kind: 'retry', error: result.fault, ms } : { ...judge(result), ms }
  }
}

function judge({ status, body, retryAfterMs }: Answer) {
  if (status >= 200 && status < 300) return { kind: 'sent' as const, rejected: rejectedIn(body), status }
  if (isFinal(status)) return { kind: 'refused' as const, error: `status ${status}` as const, status }
  const error: PokeFault = status >= 300 && status < 400 ? 'redirect' : `status ${status}`
  const says = retryAfterMs !== undefined && (status === 429 || status === 503)
  return { kind: 'retry' as const, error, status, ...(says && { retryAfterMs }) }
}

/** What the gateway holds against the poke itself, not against the moment (408, 425, 429). */
const isFinal = (status: number) => status >= 400 && status < 500 && ![408, 425, 429].includes(status)

/** A 2xx means that the poke was taken, whatever strange body comes with it. */
function rejectedIn(body: unknown): string[] {
  if (!isJsonObject(body) || !Array.isArray(body.rejected)) return []
  const rejected = body.rejected.filter((key) => typeof key === 'string')
  return rejected.length === body.rejected.length ? rejected : []
}

type OwnResult = ({ kind: 'answered' } & Answer) | Extract<CallResult, { kind: 'fault' }>

/** With the same deadline as a gateway that is called over HTTP. */
async function askOwnGateway(ask: () => ReturnType<OwnGateway>, deadlineMs: number): Promise<OwnResult> {
  const late = Promise.withResolvers<OwnResult>()
  const timer = setTimeout(() => late.resolve({ kind: 'fault', fault: 'timeout' }), deadlineMs)
  try {
    const answer = ask().then(
      ({ status, body }): OwnResult => ({ kind: 'answered', status, body }),
      (error: unknown): OwnResult => ({
        kind: 'answered',
        status: error instanceof MatrixError ? error.status : 500,
        body: undefined,
      }),
    )
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

import { steadyNow } from '../../lib/clock.ts'
import { dateIn } from '../../lib/outbound/date-in.ts'
import {
  ENDPOINT_DEADLINE_MS,
  type EndpointDeps,
  judgeFault,
  postToEndpoint,
  readEndpoint,
} from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'
import type { Urgency } from '../urgency.ts'
import { encryptPush, MAX_PLAINTEXT_BYTES } from './encrypt.ts'
import { doubtsToken, resultOf } from './result.ts'
import { decodeSubscriptionKeys, isOnCurve, type SubscriptionKeys } from './subscription.ts'
import type { Vapid } from './token.ts'

export type { Urgency }

export type WebPushMessage = {
  /** From the browser: the address, and `keys.p256dh` and `keys.auth` in base64url. */
  endpoint: unknown
  p256dh: unknown
  auth: unknown
  /** At most 3993 bytes. A longer one is `refused` without a request. */
  payload: Buffer
  /** How long the push service keeps the message for an offline browser, in whole seconds; 0: not at all. */
  ttl: number
  urgency: Urgency
  /** At most 32 characters of base64url. A later message with the same topic replaces this one. */
  topic?: string | undefined
}

export type WebPushDeps = EndpointDeps & {
  vapid: Vapid
  /** For example in another thread. */
  encrypt?: (plaintext: Buffer, keys: SubscriptionKeys) => Promise<Buffer>
  /** Whether this origin has accepted messages with this VAPID key. See `Standing`. Default: no. */
  isKnown?: (origin: string) => boolean
}

/** A refused token is signed again for each time that may be right (`Vapid.renew`). This limits the number. */
const MOST_TOKENS = 3

/**
 * Sends one message to one browser (RFC 8030, 8188, 8291, 8292), and again at once with another token if the
 * push service refuses the first. Malformed data is `rejected` without a request. Never rejects; an abort is
 * a `retry`.
 */
export async function sendWebPush(
  deps: WebPushDeps,
  message: WebPushMessage,
  signal?: AbortSignal,
): Promise<ProviderResult> {
  const url = readEndpoint(message.endpoint)
  if (url === 'bad endpoint') return { kind: 'rejected', reason: url }
  const keys = decodeSubscriptionKeys(message.p256dh, message.auth)
  if (typeof keys === 'string') return { kind: 'rejected', reason: keys }
  if (message.payload.length > MAX_PLAINTEXT_BYTES) return { kind: 'refused', reason: 'too large' }

  const encrypt = deps.encrypt ?? encryptHere
  const body = await encrypt(message.payload, keys).catch(() => undefined)
  if (body === undefined)
    return isOnCurve(keys)
      ? { kind: 'retry', reason: 'encryption failed' }
      : { kind: 'rejected', reason: 'bad p256dh' }
  const headers = {
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    ttl: String(Math.max(0, Math.floor(message.ttl))),
    urgency: message.urgency,
    ...(message.topic !== undefined && { topic: message.topic }),
  }
  // One deadline for all tokens that are tried.
  const { clock, deadlineMs = ENDPOINT_DEADLINE_MS } = deps
  const endsAt = steadyNow(clock) + deadlineMs
  const post = (authorization: string) => {
    const left = { ...deps, deadlineMs: Math.max(1, endsAt - steadyNow(clock)) }
    return postToEndpoint(left, url, { headers: { ...headers, authorization }, body, signal })
  }
  return exchange(deps, url.origin, post)
}

type Post = (authorization: string) => ReturnType<typeof postToEndpoint>

async function exchange(
  { vapid, isKnown }: WebPushDeps,
  origin: string,
  post: Post,
): Promise<ProviderResult> {
  let header = vapid.headerFor(origin)
  for (let tokens = 1; ; tokens++) {
    const response = await post(await header)
    if (typeof response === 'string') return judgeFault(response)
    const isTokenProven = vapid.isProven(origin, header)
    const isKeyKnown = isTokenProven || (isKnown?.(origin) ?? false)
    const next =
      tokens < MOST_TOKENS && doubtsToken(response, { isTokenProven })
        ? vapid.renew(origin, header, dateIn(response.headers))
        : undefined
    if (next !== undefined) {
      header = next
      continue
    }
    const result = resultOf(response, { isKeyKnown, isTokenProven })
    if (result.kind === 'delivered') vapid.accepted(origin, header)
    return result
  }
}

const encryptHere = async (plaintext: Buffer, keys: SubscriptionKeys) => encryptPush(plaintext, keys)

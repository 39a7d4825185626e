import { isJsonObject } from '../../lib/json.ts'
import type { EndpointResponse } from '../endpoint.ts'

// The texts in the responses of push services. Apple has a `reason`, Mozilla an `errno` and a `message`,
// Google a plain text. Any other text can contain anything, even the endpoint: it is examined, and never
// repeated.

/**
 * The subject of a complaint. `token`: the VAPID token (its times, audience, contact or signature). `key`:
 * the subscription was made with another key. `unclear`: one of the two, or the gateway may not send there.
 */
export type Complaint = 'token' | 'key' | 'unclear'

const TOKEN_REASONS: ReadonlySet<string> = new Set([
  'BadAuthorizationHeader',
  'BadJwtToken',
  'ExpiredJwtToken',
  'ExpiredProviderToken',
  'InvalidJwtToken',
  'InvalidProviderToken',
  'MissingJwtToken',
  'MissingProviderToken',
])
const OTHER_REASONS: ReadonlySet<string> = new Set([
  'BadWebPushRequest',
  'BadWebPushTopic',
  'ExpiredToken',
  'PayloadTooLarge',
  'TooManyRequests',
  'Unregistered',
])
const KEY_REASON = 'VapidPkHashMismatch'

// Google: "the VAPID credentials in the authorization header do not correspond to the credentials used to
// create the subscriptions"; formerly "the key in the authorization header does not match the sender ID used
// to subscribe this user". Mozilla: "VAPID public key mismatch".
const OF_KEY =
  /pk ?hash ?mismatch|(?:public|vapid) key mismatch|credentials\b.{0,80}\bdo not correspond|\bkey\b.{0,60}\bdoes not match the sender/is
// Google: "permission denied: invalid JWT provided". Mozilla: "Invalid VAPID token: …", "The VAPID token
// expiration is too long".
const OF_TOKEN =
  /jwt|vapid|authori[sz]ation header|\bexp\b|\baud(?:ience)?\b|token ?(?:\w+ ){0,2}(?:expired|invalid)|(?:expired|invalid|bad) ?(?:\w+ )?token/i

/** `undefined`: the response has another subject. */
export function complaintIn(response: EndpointResponse): Complaint | undefined {
  const { status, text } = response
  if (status !== 400 && status !== 401 && status !== 403) return undefined
  const reason = reasonIn(response)
  if (reason === KEY_REASON) return 'key'
  if (reason !== undefined && TOKEN_REASONS.has(reason)) return 'token'
  const isDenied = status !== 400
  if (reason !== undefined && OTHER_REASONS.has(reason)) return isDenied ? 'unclear' : undefined
  if (OF_KEY.test(text)) return 'key'
  // The token of a bad request can also be the one in the address.
  if (isDenied ? OF_TOKEN.test(text) : /jwt|vapid/i.test(text)) return 'token'
  return isDenied ? 'unclear' : undefined
}

const KEY_WORDS = [KEY_REASON, 'VAPID key mismatch']

/** A result that concerns the key of the subscription. */
export const isKeyMismatch = ({ reason }: { reason: string }): boolean => KEY_WORDS.includes(reason)

const ERRNOS: Readonly<Record<number, string>> = {
  102: 'invalid endpoint',
  103: 'expired endpoint',
  104: 'payload too large',
  105: 'endpoint unavailable',
  106: 'invalid subscription',
  109: 'invalid authentication',
  110: 'invalid crypto keys',
  111: 'missing header',
  112: 'invalid TTL',
  113: 'invalid Topic',
  201: 'back off',
  202: 'internal error',
}

/** A word for the response that is safe to show; `undefined`: there is only the status. */
export function wordIn(response: EndpointResponse): string | undefined {
  const reason = reasonIn(response)
  if (
    reason === KEY_REASON ||
    (reason !== undefined && (TOKEN_REASONS.has(reason) || OTHER_REASONS.has(reason)))
  )
    return reason
  const complaint = complaintIn(response)
  if (complaint === 'token') return 'VAPID token refused'
  if (complaint === 'key') return 'VAPID key mismatch'
  const errno = isJsonObject(response.body) ? response.body.errno : undefined
  return typeof errno === 'number' ? ERRNOS[errno] : undefined
}

function reasonIn({ body }: EndpointResponse): string | undefined {
  return isJsonObject(body) && typeof body.reason === 'string' ? body.reason : undefined
}

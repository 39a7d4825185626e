import { isJsonObject } from '../../lib/json.ts'
import type { NetworkFault } from '../../lib/outbound/network-fault.ts'
import { shortHash } from '../../lib/short-hash.ts'
import { type EndpointAnswer, judgeFault } from '../endpoint.ts'
import type { Verdict } from '../provider.ts'

/**
 * What an answer to a Web Push message means (RFC 8030, sections 5 and 7.3; RFC 8292, section 4.2).
 *
 * @param isKnownThere whether this push service has taken a message with our VAPID key. Where it has, 403 says that this one
 * subscription was made with another key; elsewhere it may as well be that our key is not wanted.
 */
export function judgeWebPush(answer: EndpointAnswer | NetworkFault, isKnownThere: boolean): Verdict {
  if (typeof answer === 'string') return judgeFault(answer)
  const { status, retryAfterMs } = answer
  const said = { status, reason: wordOf(answer.body) ?? `status ${status}` }
  const later = { outcome: 'retry', ...said, ...(retryAfterMs !== undefined && { retryAfterMs }) } as const
  if (status >= 200 && status < 300)
    return { outcome: 'delivered', status, reason: 'accepted', ...providerId(answer) }
  if (status === 404 || status === 410) return { outcome: 'rejected', ...said, isCertain: true }
  if (status === 403 && isKnownThere) return { outcome: 'rejected', ...said, isCertain: true }
  if (status === 403) return { outcome: 'configuration error', ...said }
  if (status === 401) return { outcome: 'configuration error', ...said }
  if (status >= 500 || status === 408 || status === 425 || status === 429) return later
  // A redirect is not followed: it may lead anywhere. It is more often a machine on the way than the push service's last word.
  return status >= 400 ? { outcome: 'dropped', ...said } : later
}

// Words that push services are known for: Apple's `reason`, and Mozilla's `errno`. Any other could be anything, the endpoint
// itself among them.
const REASONS = new Set([
  'BadAuthorizationHeader',
  'BadJwtToken',
  'BadWebPushRequest',
  'BadWebPushTopic',
  'ExpiredToken',
  'PayloadTooLarge',
  'TooManyRequests',
  'Unregistered',
  'VapidPkHashMismatch',
])
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

function wordOf(body: unknown): string | undefined {
  if (!isJsonObject(body)) return undefined
  if (typeof body.reason === 'string' && REASONS.has(body.reason)) return body.reason
  return typeof body.errno === 'number' ? ERRNOS[body.errno] : undefined
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Apple names a message. Others give it an address, with which it could be deleted: that stays with us. */
function providerId({ headers }: EndpointAnswer): { providerId?: string } {
  const { 'apns-id': appleId, location } = headers
  if (typeof appleId === 'string' && UUID.test(appleId)) return { providerId: appleId }
  return typeof location === 'string' ? { providerId: shortHash(location) } : {}
}

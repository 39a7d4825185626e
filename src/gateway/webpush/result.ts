import { shortHash } from '../../lib/short-hash.ts'
import type { EndpointResponse } from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'
import { type Complaint, complaintIn, wordIn } from './error-texts.ts'

/** The state of the VAPID key and token at this push service. */
export type Standing = {
  /** The push service has accepted messages with this key. */
  isKeyKnown: boolean
  /** The push service has accepted messages with a token of the same times. */
  isTokenProven: boolean
}

/**
 * Whether the token may be wrong, so that another one should be tried. The text of the response decides.
 * Without a known text, 401 and 403 can mean the token or the subscription, and mean the token until the push
 * service has accepted a similar one.
 */
export function doubtsToken(
  response: EndpointResponse,
  { isTokenProven }: Pick<Standing, 'isTokenProven'>,
): boolean {
  const complaint = complaintIn(response)
  return complaint === 'token' || (complaint === 'unclear' && !isTokenProven)
}

/**
 * The result of a response to a Web Push message (RFC 8030, sections 5 and 7.3; RFC 8292, section 4.2). A
 * refused key or token is the operator's problem, and never ends a subscription.
 */
export function resultOf(response: EndpointResponse, standing: Standing): ProviderResult {
  const { status, retryAfterMs } = response
  if (status >= 200 && status < 300)
    return { kind: 'delivered', status, reason: 'accepted', ...providerId(response) }
  const details = { status, reason: wordIn(response) ?? `status ${status}` }
  const complaint = complaintIn(response)
  if (complaint !== undefined) return judgeComplaint(complaint, details, standing)
  const later = { kind: 'retry', ...details, ...(retryAfterMs !== undefined && { retryAfterMs }) } as const
  if (status === 404 || status === 410) return { kind: 'rejected', ...details, isCertain: true }
  if (status >= 500 || status === 408 || status === 425 || status === 429) return later
  // Redirects are not followed: they can lead anywhere. They usually come from a machine in between, and are temporary.
  return status >= 400 ? { kind: 'refused', ...details } : later
}

function judgeComplaint(
  complaint: Complaint,
  details: { status: number; reason: string },
  { isKeyKnown, isTokenProven }: Standing,
): ProviderResult {
  const ofDevice = { kind: 'retry', ...details, isOfDevice: true } as const
  switch (complaint) {
    case 'token':
      return { kind: 'misconfigured', ...details }
    case 'key':
      // Where this key was never accepted, the key itself may have been replaced. The device waits until that is known.
      return isKeyKnown ? { kind: 'rejected', ...details, isCertain: true } : ofDevice
    case 'unclear':
      if (!isTokenProven) return { kind: 'misconfigured', ...details }
      // 401 concerns the token (RFC 9110), so it does not end the subscription; but only this subscription is affected.
      return details.status === 403 ? { kind: 'rejected', ...details, isCertain: true } : ofDevice
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Apple sends an id of the message. Others send an address with which the message could be deleted, so it is
 * not used.
 */
function providerId({ headers }: EndpointResponse): { providerId?: string } {
  const { 'apns-id': appleId, location } = headers
  if (typeof appleId === 'string' && UUID.test(appleId)) return { providerId: appleId }
  return typeof location === 'string' ? { providerId: shortHash(location) } : {}
}

import { shortHash } from '../../lib/short-hash.ts'
import type { EndpointAnswer } from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'
import { type Complaint, complaintIn, wordIn } from './words.ts'

/** What `resultOf` needs to know of our VAPID key and token at this push service. */
export type Standing = {
  /** It has taken messages with our key. */
  isKeyKnown: boolean
  /** It has taken messages with a token of the same times as the one that was sent. */
  isTokenProven: boolean
}

/**
 * Is the token that was sent what may be wrong, so that another one is worth a try? By its words; without words 401 and 403 may mean
 * the token or the subscription, and mean the token until the push service has taken one like it.
 */
export function doubtsToken(
  answer: EndpointAnswer,
  { isTokenProven }: Pick<Standing, 'isTokenProven'>,
): boolean {
  const complaint = complaintIn(answer)
  return complaint === 'token' || (complaint === 'unclear' && !isTokenProven)
}

/**
 * What an answer to a Web Push message means (RFC 8030, sections 5 and 7.3; RFC 8292, section 4.2). That our key or token is not
 * wanted is the operator's to mend, and never ends a subscription.
 */
export function resultOf(answer: EndpointAnswer, standing: Standing): ProviderResult {
  const { status, retryAfterMs } = answer
  if (status >= 200 && status < 300)
    return { kind: 'delivered', status, reason: 'accepted', ...providerId(answer) }
  const said = { status, reason: wordIn(answer) ?? `status ${status}` }
  const complaint = complaintIn(answer)
  if (complaint !== undefined) return judgeComplaint(complaint, said, standing)
  const later = { kind: 'retry', ...said, ...(retryAfterMs !== undefined && { retryAfterMs }) } as const
  if (status === 404 || status === 410) return { kind: 'rejected', ...said, isCertain: true }
  if (status >= 500 || status === 408 || status === 425 || status === 429) return later
  // A redirect is not followed: it may lead anywhere. It is more often a machine on the way than the push service's last word.
  return status >= 400 ? { kind: 'refused', ...said } : later
}

function judgeComplaint(
  complaint: Complaint,
  said: { status: number; reason: string },
  { isKeyKnown, isTokenProven }: Standing,
): ProviderResult {
  const ofDevice = { kind: 'retry', ...said, isOfDevice: true } as const
  switch (complaint) {
    case 'token':
      return { kind: 'misconfigured', ...said }
    case 'key':
      // Where our key was never taken, it may as well be ours that is another one since; the device waits until that is known.
      return isKeyKnown ? { kind: 'rejected', ...said, isCertain: true } : ofDevice
    case 'unclear':
      if (!isTokenProven) return { kind: 'misconfigured', ...said }
      // 401 is said to a token (RFC 9110), so it does not end the subscription; but it is this subscription alone that meets it.
      return said.status === 403 ? { kind: 'rejected', ...said, isCertain: true } : ofDevice
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Apple names a message. Others give it an address, with which it could be deleted: that stays with us. */
function providerId({ headers }: EndpointAnswer): { providerId?: string } {
  const { 'apns-id': appleId, location } = headers
  if (typeof appleId === 'string' && UUID.test(appleId)) return { providerId: appleId }
  return typeof location === 'string' ? { providerId: shortHash(location) } : {}
}

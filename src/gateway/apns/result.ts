import { isJsonObject } from '../../lib/json.ts'
import type { ProviderResult } from '../provider.ts'

/** A response of APNs. */
export type ApnsResponse = {
  status: number
  /** Header `apns-id`. */
  id?: string
  /** Parsed JSON; `undefined` without a body. */
  body?: unknown
  retryAfterMs?: number
}

/** The properties of a message that its result depends on. */
export type ResultContext = {
  /** Seconds since the Unix epoch. */ pushkeyTs: number | null | undefined
  attempt: number
}

/** A step that the provider takes before there is a result. */
export type ApnsNextStep = 'renew token' | 'retime token' | 'shrink'

// Apple does not say how long to wait after too many token updates. A retry after a minute is enough.
const TOO_MANY_TOKENS_WAIT_MS = 60_000

// A device token of the other environment or of another app looks like a dead one.
const DOUBTFUL = new Set(['BadDeviceToken', 'DeviceTokenNotForTopic'])

/** `undefined` for a plain success. One of Apple's words, or `status 418`. */
export function reasonOf({ status, body }: ApnsResponse): string {
  const reason = isJsonObject(body) ? body.reason : undefined
  // Apple's reasons are words without spaces. Other texts come from a proxy in between and are not repeated.
  return typeof reason === 'string' && /^\w{1,64}$/.test(reason) ? reason : `status ${status}`
}

/** The step to take before this response counts. */
export function nextStepAfter(response: ApnsResponse): ApnsNextStep | undefined {
  if (response.status === 413) return 'shrink'
  if (response.status !== 403) return undefined
  const reason = reasonOf(response)
  if (reason === 'ExpiredProviderToken') return 'renew token'
  // APNs gives this reason for a token from the future too.
  return reason === 'InvalidProviderToken' ? 'retime token' : undefined
}

/** Apple's "Handling notification responses from APNs", as results. */
export function resultOf(response: ApnsResponse, context: ResultContext): ProviderResult {
  const { status } = response
  const details = { reason: reasonOf(response), status }
  if (status >= 200 && status < 300) {
    return {
      ...details,
      reason: 'accepted',
      kind: 'delivered',
      ...(response.id && { providerId: response.id }),
    }
  }
  if (status === 410) return goneResult(response, context)
  if (status === 403) return { ...details, kind: 'misconfigured' }
  if (status === 429 || status >= 500 || details.reason === 'IdleTimeout')
    return { ...details, ...waitOf(response) }
  if (status === 400 && DOUBTFUL.has(details.reason))
    return { ...details, kind: 'rejected', isDoubtful: true }
  if (status === 400 && details.reason === 'MissingDeviceToken') return { ...details, kind: 'rejected' }
  // The response is not from Apple.
  if (status < 400 || status === 401 || status === 407) return { ...details, kind: 'misconfigured' }
  return { ...details, kind: 'refused' }
}

function waitOf(response: ApnsResponse): { kind: 'retry'; retryAfterMs?: number; isOfDevice?: boolean } {
  const reason = reasonOf(response)
  const ours = reason === 'TooManyProviderTokenUpdates' ? TOO_MANY_TOKENS_WAIT_MS : undefined
  const retryAfterMs = response.retryAfterMs ?? ours
  return {
    kind: 'retry',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(reason === 'TooManyRequests' && { isOfDevice: true }),
  }
}

/**
 * The token is dead, unless the app has set it again since Apple considers it dead (`timestamp`,
 * milliseconds). Then the push is retried once, and the pusher is kept.
 */
function goneResult(response: ApnsResponse, { pushkeyTs, attempt }: ResultContext): ProviderResult {
  const details = { reason: reasonOf(response), status: response.status }
  const timestamp = isJsonObject(response.body) ? response.body.timestamp : undefined
  if (typeof timestamp !== 'number' || typeof pushkeyTs !== 'number' || timestamp >= pushkeyTs * 1000) {
    return { ...details, kind: 'rejected' }
  }
  return attempt === 1 ? { ...details, kind: 'retry', isOfDevice: true } : { ...details, kind: 'refused' }
}

import type { Random } from '../../lib/ids.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'
import type { CallResponse } from '../../lib/outbound/call.ts'
import type { ProviderResult } from '../provider.ts'

/** A step that the provider takes before there is a result. */
export type FcmNextStep = 'renew token' | 'shrink'

const QUOTA_WAIT_MS = 60_000
/** Google asks for at least ten seconds, then for longer waits. */
const OUTAGE_WAIT_MS = 10_000
const MAX_DOUBLINGS = 6

/**
 * The project has no valid credentials for the push service of the device's platform (Apple or a browser).
 * Google has accepted the gateway's credentials, and Android devices can be reached.
 */
const PLATFORM_REFUSED = 'THIRD_PARTY_AUTH_ERROR'

/** The step to take before this response counts. */
export function nextStepAfter(response: CallResponse): FcmNextStep | undefined {
  if (reasonOf(response) === PLATFORM_REFUSED) return undefined
  if (response.status === 401) return 'renew token'
  if (response.status === 413) return 'shrink'
  return response.status === 400 && !isAboutToken(response) && isAboutSize(response) ? 'shrink' : undefined
}

/** Google's "FCM error codes", as results. */
export function resultOf(
  response: CallResponse,
  { attempt, random }: { attempt: number; random: Random },
): ProviderResult {
  const { status } = response
  const reason = reasonOf(response)
  const details = { reason, status }
  if (status >= 200 && status < 300) {
    const name = isJsonObject(response.body) ? response.body.name : undefined
    return {
      ...details,
      reason: 'accepted',
      kind: 'delivered',
      ...(typeof name === 'string' && { providerId: name }),
    }
  }
  if (reason === PLATFORM_REFUSED) return { ...details, kind: 'misconfigured', isOfDevice: true }
  if (status === 400) return { ...details, kind: isAboutToken(response) ? 'rejected' : 'refused' }
  // Without FCM's own error code, the project or the address does not exist.
  if (status === 404) return { ...details, kind: reason === 'UNREGISTERED' ? 'rejected' : 'misconfigured' }
  if (status === 403 && reason === 'SENDER_ID_MISMATCH')
    return { ...details, kind: 'rejected', isDoubtful: true }
  if (status === 401 || status === 403) return { ...details, kind: 'misconfigured' }
  if (status === 429)
    return { ...details, kind: 'retry', retryAfterMs: response.retryAfterMs ?? QUOTA_WAIT_MS }
  if (status === 408 || status >= 500) {
    const wait = OUTAGE_WAIT_MS * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS)
    return { ...details, kind: 'retry', retryAfterMs: response.retryAfterMs ?? wait + random.below(wait) }
  }
  // Redirects are not followed: they would carry the token elsewhere.
  return { ...details, kind: status < 400 ? 'misconfigured' : 'refused' }
}

/** FCM's own error code, else Google's status, else `status 418`. */
export function reasonOf({ status, body }: CallResponse): string {
  const error = errorIn(body)
  const codes = [...detailsOf(error).map((detail) => detail.errorCode), error.status]
  const word = codes.find((code) => typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code))
  return typeof word === 'string' ? word : `status ${status}`
}

const errorIn = (body: unknown) => (isJsonObject(body) && isJsonObject(body.error) ? body.error : {})

const detailsOf = ({ details }: { details?: Json }) =>
  Array.isArray(details) ? details.filter(isJsonObject) : []

function isAboutToken({ body }: CallResponse): boolean {
  const error = errorIn(body)
  if (messageOf(error).includes('not a valid FCM registration token')) return true
  return detailsOf(error)
    .flatMap(({ fieldViolations }) => (Array.isArray(fieldViolations) ? fieldViolations : []))
    .some((violation) => isJsonObject(violation) && violation.field === 'message.token')
}

/** There is no error code for it: "Android message is too big". */
const isAboutSize = ({ body }: CallResponse) =>
  /\btoo (?:big|large|long)\b|\bsize\b/i.test(messageOf(errorIn(body)))

const messageOf = ({ message }: { message?: Json }) => (typeof message === 'string' ? message : '')

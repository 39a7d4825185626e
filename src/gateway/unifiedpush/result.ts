import type { EndpointResponse } from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'

/** ntfy: no app has subscribed yet. */
const NO_SUBSCRIBER_YET = 507

/**
 * The result of a response of a UnifiedPush server. The user chose the server, and the address takes the
 * place of a token.
 */
export function resultOf({ status, retryAfterMs }: EndpointResponse): ProviderResult {
  const details = { status, reason: `status ${status}` }
  if (status >= 200 && status < 300) return { kind: 'delivered', status, reason: 'accepted' }
  if (status === 404 || status === 410) return { kind: 'rejected', ...details, isCertain: true }
  // The push server may refuse this gateway, not the device.
  if (status === 401 || status === 403) return { kind: 'rejected', ...details, isDoubtful: true }
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
    return { kind: 'refused', ...details }
  return {
    kind: 'retry',
    ...details,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === NO_SUBSCRIBER_YET && { isOfDevice: true }),
  }
}

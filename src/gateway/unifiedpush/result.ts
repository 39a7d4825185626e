import type { EndpointResponse } from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'

/** ntfy: no app has subscribed yet. */
const NO_SUBSCRIBER_YET = 507

/** The result of a response of a UnifiedPush server. The user chose the server, and the address takes the place of a token. */
export function resultOf({ status, retryAfterMs }: EndpointResponse): ProviderResult {
  const said = { status, reason: `status ${status}` }
  if (status >= 200 && status < 300) return { kind: 'delivered', status, reason: 'accepted' }
  if (status === 404 || status === 410) return { kind: 'rejected', ...said, isCertain: true }
  // The push server may refuse this gateway, not the device.
  if (status === 401 || status === 403) return { kind: 'rejected', ...said, isDoubtful: true }
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) return { kind: 'refused', ...said }
  return {
    kind: 'retry',
    ...said,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === NO_SUBSCRIBER_YET && { isOfDevice: true }),
  }
}

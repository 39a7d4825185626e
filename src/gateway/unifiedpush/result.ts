import type { EndpointAnswer } from '../endpoint.ts'
import type { ProviderResult } from '../provider.ts'

/** ntfy: nobody has subscribed yet, which may come. */
const NO_SUBSCRIBER_YET = 507

/** What the answer of a UnifiedPush server means. The server is the user's choice: the address is all there is of a token. */
export function resultOf({ status, retryAfterMs }: EndpointAnswer): ProviderResult {
  const said = { status, reason: `status ${status}` }
  if (status >= 200 && status < 300) return { kind: 'delivered', status, reason: 'accepted' }
  if (status === 404 || status === 410) return { kind: 'rejected', ...said, isCertain: true }
  // It may as well be this gateway that is not wanted there.
  if (status === 401 || status === 403) return { kind: 'rejected', ...said, isDoubtful: true }
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) return { kind: 'refused', ...said }
  return {
    kind: 'retry',
    ...said,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === NO_SUBSCRIBER_YET && { isOfDevice: true }),
  }
}

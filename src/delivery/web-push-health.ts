import { faultOfSubject } from '../gateway/webpush/credentials.ts'
import type { Vapid } from '../gateway/webpush/token.ts'
import type { Clock } from '../lib/clock.ts'
import type { Events } from '../lib/events.ts'
import type { Untimed } from '../sending/result.ts'
import { isTokenRefused } from './poke-fault.ts'

/** The state of sending to push services, for operators. `contact`: a problem with the configured contact. */
export type WebPushHealth = {
  state: 'ok' | 'failing'
  contact?: string
  troubles: { reason: string; since: number }[]
}

export type WebPushWatch = {
  onResponse: (origin: string, result: Untimed) => void
  health: () => WebPushHealth
}

/** The longest retry wait of a pusher is one hour, so a problem that is not reported for two hours is over. */
const FORGOTTEN_AFTER_MS = 2 * 3_600_000
/** A limit, because users choose push services. */
const MOST_TROUBLES = 100

/**
 * Tracks the push services that refuse the VAPID token of this server, until they accept it or send no
 * refusal for two hours. In memory only.
 */
export function watchWebPush(deps: {
  clock: Clock
  events: Pick<Events, 'vapidRefused'>
  vapid: Pick<Vapid, 'subject'>
}): WebPushWatch {
  const { clock, events } = deps
  const troubles = new Map<string, { reason: string; since: number; at: number }>()
  const contact = faultOfSubject(deps.vapid.subject)
  const current = () => {
    const oldest = clock.now() - FORGOTTEN_AFTER_MS
    for (const [origin, { at }] of troubles) if (at < oldest) troubles.delete(origin)
    return [...troubles.values()]
  }
  return {
    onResponse(origin, result) {
      if (result.kind === 'delivered') troubles.delete(origin)
      if (!isTokenRefused(result)) return
      const { reason, status } = result
      events.vapidRefused({ reason, status })
      const now = clock.now()
      const known = troubles.get(origin)
      if (known === undefined && current().length >= MOST_TROUBLES) return
      troubles.set(origin, { reason, since: known?.since ?? now, at: now })
    },
    health() {
      const found = current().map(({ reason, since }) => ({ reason, since }))
      return {
        state: found.length === 0 ? 'ok' : 'failing',
        ...(contact !== undefined && { contact }),
        troubles: found,
      }
    },
  }
}

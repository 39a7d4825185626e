import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import { BLOCKED } from '../../lib/outbound/ip-policy.ts'
import type { Verdict } from '../provider.ts'

const REFUSED_MS = 600_000
const UNAVAILABLE_MS = 60_000
/** Anybody may name any address, so only so many are remembered: those that were used last. */
const MOST_KEPT = 10_000

/** No connection came about, which says something of the host. One that broke off says little. */
const OF_HOST: ReadonlySet<string> = new Set(['connection refused', 'dns', 'timeout', 'tls', 'unreachable'])

/**
 * What was learned of an address or of its host, so that it is not asked again for each message: who refuses is left alone for
 * ten minutes, who is not there for one.
 */
export type VerdictCache = {
  /** What holds for this address without asking. */
  find(url: URL): Verdict | undefined
  learn(url: URL, verdict: Verdict): void
}

type Kept = { verdict: Verdict; from: number; until: number }

export function makeVerdictCache(clock: Clock): VerdictCache {
  const kept = new BoundedMap<string, Kept>({ limit: MOST_KEPT })

  const findAt = (key: string): Verdict | undefined => {
    const one = kept.get(key)
    if (one === undefined) return undefined
    const now = clock.now()
    // A clock that was set back must not make it hold for longer.
    if (now < one.from || now >= one.until) {
      kept.delete(key)
      return undefined
    }
    return one.verdict.outcome === 'retry' ? { ...one.verdict, retryAfterMs: one.until - now } : one.verdict
  }

  const keep = (key: string, verdict: Verdict, ms: number) => {
    const from = clock.now()
    kept.set(key, { verdict, from, until: from + ms })
  }

  return {
    find: (url) => findAt(url.origin) ?? findAt(url.href),
    learn(url, verdict) {
      if (verdict.outcome === 'rejected') return keep(url.href, verdict, REFUSED_MS)
      if (verdict.outcome === 'configuration error' && verdict.reason === BLOCKED)
        return keep(url.origin, verdict, REFUSED_MS)
      if (verdict.outcome !== 'retry' || verdict.reason === 'stopped') return
      const isOfHost = verdict.status === undefined && OF_HOST.has(verdict.reason)
      if (isOfHost) keep(url.origin, verdict, UNAVAILABLE_MS)
      else if (verdict.status !== undefined)
        keep(url.href, verdict, Math.max(UNAVAILABLE_MS, verdict.retryAfterMs ?? 0))
    },
  }
}

import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import { BLOCKED } from '../../lib/outbound/ip-policy.ts'
import type { ProviderResult } from '../provider.ts'

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
export type ResultCache = {
  /** What holds for this address without asking. */
  find(url: URL): ProviderResult | undefined
  learn(url: URL, result: ProviderResult): void
}

type Kept = { result: ProviderResult; from: number; until: number }

export function makeResultCache(clock: Clock): ResultCache {
  const kept = new BoundedMap<string, Kept>({ limit: MOST_KEPT })

  const findAt = (key: string): ProviderResult | undefined => {
    const one = kept.get(key)
    if (one === undefined) return undefined
    const now = clock.now()
    // A clock that was set back must not make it hold for longer.
    if (now < one.from || now >= one.until) {
      kept.delete(key)
      return undefined
    }
    return one.result.kind === 'retry' ? { ...one.result, retryAfterMs: one.until - now } : one.result
  }

  const keep = (key: string, result: ProviderResult, ms: number) => {
    const from = clock.now()
    kept.set(key, { result, from, until: from + ms })
  }

  return {
    find: (url) => findAt(url.origin) ?? findAt(url.href),
    learn(url, result) {
      if (result.kind === 'rejected') return keep(url.href, result, REFUSED_MS)
      if (result.kind === 'misconfigured' && result.reason === BLOCKED)
        return keep(url.origin, result, REFUSED_MS)
      if (result.kind !== 'retry' || result.reason === 'stopped') return
      const isOfHost = result.status === undefined && OF_HOST.has(result.reason)
      if (isOfHost) keep(url.origin, result, UNAVAILABLE_MS)
      else if (result.status !== undefined)
        keep(url.href, result, Math.max(UNAVAILABLE_MS, result.retryAfterMs ?? 0))
    },
  }
}

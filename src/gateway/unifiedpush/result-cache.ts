import { BoundedMap } from '../../lib/bounded-map.ts'
import type { Clock } from '../../lib/clock.ts'
import { BLOCKED } from '../../lib/outbound/ip-policy.ts'
import type { ProviderResult } from '../provider.ts'

const REFUSED_MS = 600_000
const UNAVAILABLE_MS = 60_000
/** Callers can name any address, so the number is limited. The least recently used ones are removed. */
const MOST_KEPT = 10_000

/** No connection was made, which concerns the host. A connection that broke off proves little. */
const OF_HOST: ReadonlySet<string> = new Set(['connection refused', 'dns', 'timeout', 'tls', 'unreachable'])

/**
 * Known results of an address or its host, so that not every message causes a request: a refusal is kept for
 * ten minutes, an unreachable host for one.
 */
export type ResultCache = {
  /** The known result for this address. */
  find(url: URL): ProviderResult | undefined
  record(url: URL, result: ProviderResult): void
}

type Kept = { result: ProviderResult; from: number; until: number }

export function makeResultCache(clock: Clock): ResultCache {
  const kept = new BoundedMap<string, Kept>({ limit: MOST_KEPT })

  const findAt = (key: string): ProviderResult | undefined => {
    const one = kept.get(key)
    if (one === undefined) return undefined
    const now = clock.now()
    // A clock that is set back must not prolong it.
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
    record(url, result) {
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

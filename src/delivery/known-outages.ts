import { type KnownOutage, knownOutages as outagesOf } from '../sending/known-outages.ts'
import type { Queries } from '../storage/query.ts'
import { failingPushers, lastSuccesses } from './hold-store.ts'
import { originOf } from './origin.ts'

/** Which gateways are down, by the stored state of their pushers. Reads the pushers that wait to try again. */
export async function knownOutages(q: Queries): Promise<KnownOutage[]> {
  const failing = await q.all(failingPushers, {})
  const urls = Map.groupBy(
    failing.flatMap(({ url }) => url ?? []),
    originOf,
  )
  const lanes = failing.map((row) => ({
    laneId: row.pusher_id,
    destination: originOf(row.url),
    lastError: row.last_error,
    lastErrorAt: row.last_error_at,
  }))
  return outagesOf(lanes, async (origins) => {
    const asked = new Set(origins.flatMap((origin) => urls.get(origin) ?? []))
    const reached = new Map<string, number>()
    for (const { url, at } of await q.all(lastSuccesses, { urls: [...asked] })) {
      const origin = originOf(url)
      reached.set(origin, Math.max(reached.get(origin) ?? 0, at ?? 0))
    }
    return reached
  })
}

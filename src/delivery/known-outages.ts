import type { Queries } from '../storage/query.ts'
import { BREAKS_AT, originOf } from './gateways.ts'
import { type FailingRow, failingPushers, lastSuccesses } from './hold-store.ts'

/** A gateway that did not answer when this process began: what was wrong with it, and who waits for it to be back. */
export type KnownOutage = { origin: string; error: string; held: number[] }

/**
 * Which gateways are down, by what is written down of their pushers: at least as many as break a circuit failed for want of an
 * answer, and none was sent to since. It costs a look at the pushers that wait to try again, and one at all only when there
 * is such a gateway.
 */
export async function knownOutages(q: Queries): Promise<KnownOutage[]> {
  const failing = (await q.all(failingPushers, {})).filter(({ last_error: error }) => isOutage(error))
  const byOrigin = Map.groupBy(failing, ({ url }) => originOf(url))
  const broken = [...byOrigin].filter(([origin, rows]) => origin !== '' && rows.length >= BREAKS_AT)
  if (broken.length === 0) return []
  const urls = [...new Set(broken.flatMap(([, rows]) => rows.map(({ url }) => url ?? '')))]
  const reached = new Map<string, number>()
  for (const { url, at } of await q.all(lastSuccesses, { urls })) {
    const origin = originOf(url)
    reached.set(origin, Math.max(reached.get(origin) ?? 0, at ?? 0))
  }
  return broken
    .filter(([origin, rows]) => lastFault(rows).at > (reached.get(origin) ?? 0))
    .map(([origin, rows]) => ({
      origin,
      error: lastFault(rows).error,
      // A 503 may have said when to come back; who was told so comes back then.
      held: rows.filter(({ last_error: error }) => error !== 'status 503').map((row) => row.pusher_id),
    }))
}

/** As `gateways.ts` has it, of the words that are stored: whoever answers, and be it with a refusal, is there. */
function isOutage(error: string | null): boolean {
  if (error === null || error === 'redirect') return false
  return !error.startsWith('status ') || error.startsWith('status 5')
}

function lastFault(rows: readonly FailingRow[]): { at: number; error: string } {
  let last = { at: 0, error: 'network' }
  for (const { last_error_at: at, last_error: error } of rows)
    if (at !== null && error !== null && at > last.at) last = { at, error }
  return last
}

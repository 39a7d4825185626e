import type { Progress } from '../sending/item-store.ts'
import type { LaneEvent } from '../sending/transition.ts'
import type { Queries } from '../storage/query.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { backlogPage, type Collapse } from './collapse-store.ts'
import type { NextStep } from './next-poke.ts'

/** So much may wait for a pusher that has failed and still be told one by one. */
export const COLLAPSE_ABOVE = 20
const PAGE = 1000

/** Who has failed for so long counts as failing in its status, and nothing more is kept for it than would be told. */
export const LONG_OUTAGE_MS = 86_400_000

/** Where to look for the next event to tell of: the plan passes over what it does not keep. */
export function passedOver(done: Progress, plan: Collapse | undefined): Progress {
  if (plan === undefined) return done
  const [first] = plan.keep
  return { ...done, ordinary: Math.max(done.ordinary, first === undefined ? plan.upTo : first - 1) }
}

/**
 * A plan is carried out with the first poke that is taken, so that nothing is gone that an event read or redacted until then
 * would have stood for; when there is nothing to keep; and when the outage is long.
 */
export function isCarriedOut(
  plan: Collapse,
  { kind }: { kind: LaneEvent['kind'] },
  { failingSince, now }: { failingSince: number | null; now: number },
): boolean {
  if (kind === 'delivered' || kind === 'refused' || plan.keep.length === 0) return true
  const isFailure = kind === 'retry' || kind === 'misconfigured'
  return isFailure && failingSince !== null && now - failingSince >= LONG_OUTAGE_MS
}

/** What would be done about one event of the backlog now; undefined: the pusher is not ours any more. */
export type Judge = (position: number) => Promise<NextStep | undefined>

/**
 * Nobody wants ten thousand notifications after an outage: of a long backlog the newest one of each room is kept for which
 * there is still a reason to tell of it. So every room that has something unread is told of, and nothing else is.
 * Undefined for a short backlog.
 *
 * It costs a look at each room, and at each thread that is read; only events that are not needed for another reason are
 * looked at one by one.
 */
export async function planCollapse(
  q: Queries,
  pusherId: number,
  judge: Judge,
): Promise<Collapse | undefined> {
  let page = await q.all(backlogPage, { pusherId, before: Number.MAX_SAFE_INTEGER, limit: PAGE })
  const newest = page[0]
  if (newest === undefined || page.length <= COLLAPSE_ABOVE) return undefined
  const keep: number[] = []
  const told = new Set<string>()
  /** Threads of which the newest event is read, and all before it with it. */
  const read = new Set<string>()
  const skipped = new Map<SkipReason, number>()
  const others: { position: number; reason: SkipReason }[] = []
  for (;;) {
    for (const row of page) {
      const room = row.room_id ?? ''
      const thread = `${room} ${row.thread_id}`
      const reason = told.has(room) ? 'collapsed' : read.has(thread) ? 'read' : await reasonBy(judge, row)
      if (reason === undefined) {
        told.add(room)
        keep.push(row.position)
      } else {
        if (reason === 'read') read.add(thread)
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
        if (reason !== 'collapsed') others.push({ position: row.position, reason })
      }
    }
    const oldest = page.at(-1)
    if (oldest === undefined || page.length < PAGE) break
    page = await q.all(backlogPage, { pusherId, before: oldest.position, limit: PAGE })
  }
  return { upTo: newest.position, keep: keep.toReversed(), skipped, others }
}

/** A pusher that is not ours any more has no plan that counts either. */
async function reasonBy(judge: Judge, { position }: { position: number }): Promise<SkipReason | undefined> {
  const step = await judge(position)
  return step?.kind === 'skip' ? step.reason : undefined
}

import { AT_START, type Progress } from '../sending/item-store.ts'
import { isFailure } from '../sending/result.ts'
import type { LaneEvent } from '../sending/transition.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import { covers, earlierOf, highest } from '../storage/stream-point.ts'
import type { PusherRule } from '../trace/notify-reason.ts'
import type { OtherReason } from '../trace/steps-store.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { backlogPage, type Collapse } from './collapse-store.ts'
import type { NextStep } from './next-poke.ts'

/** The largest backlog of a failing pusher that is still sent event by event. */
export const COLLAPSE_ABOVE = 20
const PAGE = 1000

/**
 * After a failure of this length the status of a pusher is `failing`, and its backlog is reduced without a
 * successful poke.
 */
export const LONG_OUTAGE_MS = 86_400_000

/** The progress with which to look for the next item. The plan skips the events that it does not keep. */
export function startOf(plan: Collapse | undefined): Progress {
  if (plan === undefined) return AT_START
  const [first] = plan.keep
  return { ...AT_START, ordinary: first === undefined ? highest(plan.upTo) : first - 1 }
}

/**
 * A plan is carried out in three cases: with the first poke that gets a response of the gateway, when there
 * is nothing to keep, and after a long outage. Not earlier, because a kept event can be read or redacted
 * before it is sent, and a removed event must then take its place.
 */
export function isCarriedOut(
  plan: Collapse,
  event: { kind: LaneEvent['kind'] },
  { failingSince, now }: { failingSince: number | null; now: number },
): boolean {
  if (event.kind === 'delivered' || event.kind === 'refused' || plan.keep.length === 0) return true
  return isFailure(event) && failingSince !== null && now - failingSince >= LONG_OUTAGE_MS
}

/** The next step for one event of the backlog; undefined: the lease of the pusher was lost. */
export type Judge = (position: number) => Promise<NextStep | undefined>

/**
 * Plans the reduction of a long backlog: it keeps the newest event of each room that is still to be sent.
 * Each room with unread events thus gets one poke. Undefined for a short backlog.
 *
 * Cost: one look-up for each room and for each thread that is read. Other events are looked up one by one
 * only if they are needed.
 */
export async function planCollapse(
  q: Queries,
  pusherId: number,
  judge: Judge,
): Promise<Collapse | undefined> {
  // Before the rows: all rows that the point covers are among them.
  const seen = await currentPoint(q)
  let page = await q.all(backlogPage, { pusherId, before: Number.MAX_SAFE_INTEGER, limit: PAGE })
  const newest = page[0]
  if (newest === undefined || page.length <= COLLAPSE_ABOVE) return undefined
  const keep: number[] = []
  const keptRooms = new Set<string>()
  /** Threads whose newest event is read. All earlier events of such a thread are read too. */
  const read = new Set<string>()
  const skipped = new Map<SkipReason, number>()
  const others: OtherReason[] = []
  for (;;) {
    for (const row of page) {
      if (!covers(seen, row.position)) continue
      const room = row.room_id ?? ''
      const thread = `${room} ${row.thread_id}`
      const { reason, rule } = keptRooms.has(room)
        ? COLLAPSED
        : read.has(thread)
          ? READ
          : await verdictBy(judge, row)
      if (reason === undefined) {
        keptRooms.add(room)
        keep.push(row.position)
      } else {
        if (reason === 'read') read.add(thread)
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
        if (reason !== 'collapsed') others.push({ position: row.position, reason, rule })
      }
    }
    const oldest = page.at(-1)
    if (oldest === undefined || page.length < PAGE) break
    page = await q.all(backlogPage, { pusherId, before: oldest.position, limit: PAGE })
  }
  return { upTo: earlierOf(seen, [newest.position]), keep: keep.toReversed(), skipped, others }
}

type Verdict = { reason?: SkipReason; rule?: PusherRule | undefined }

const COLLAPSED: Verdict = { reason: 'collapsed' }
const READ: Verdict = { reason: 'read' }

/** Without a reason also if the lease of the pusher was lost; the plan is then not used. */
async function verdictBy(judge: Judge, { position }: { position: number }): Promise<Verdict> {
  const step = await judge(position)
  return step?.kind === 'skip' ? step : {}
}

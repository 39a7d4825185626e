import type { RetentionSettings } from '../../config/retention-schema.ts'
import type { EventId, RoomId } from '../../lib/ids.ts'
import { parseStored } from '../../lib/json.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import { forgetEvents } from '../../notifications/forget-events.ts'
import { markRead } from '../../notifications/read-positions.ts'
import { ALL_THREADS } from '../../notifications/read-positions-store.ts'
import type { Transaction } from '../../storage/database.ts'
import type { RoomDeps } from '../deps.ts'
import { positionAtTime } from '../event-by-time-store.ts'
import { findEvents } from '../event-store.ts'
import { removeRelation } from '../relations/record-relation.ts'
import {
  deleteEditsAt,
  deleteEventsAt,
  deleteParticipantsAt,
  deleteRelationsAt,
} from '../removal/removal-store.ts'
import { removeFromIndex } from '../search/index-events.ts'
import { lifetimeOf, type RetentionLimits } from './policy.ts'
import {
  deleteRelationsFrom,
  deleteSubscribersOf,
  eventsToSweep,
  memberAfter,
  membersBehind,
  newestPosition,
  roomsToSweep,
  setSwept,
  sweptTo,
} from './retention-store.ts'

// Removes messages that are older than the limit of their room. For each room: its members have read up to
// the limit → batches of events, each with its place → (no event is left below the limit) done. A process
// that ends in between is followed by one that continues at the place.

/** Rooms that one statement reads. */
const ROOMS_AT_ONCE = 100
/** Members and events of one transaction. They bound how long other writes wait. */
const MEMBERS_AT_ONCE = 50
const EVENTS_AT_ONCE = 100
/** Between two transactions about a room, so that a long history does not slow other requests down. */
const PAUSE_MS = 50

export type RetentionDeps = Pick<RoomDeps, 'db' | 'clock' | 'log' | 'notifications'>

/** Starts nothing unless it is enabled. */
export function startRetentionSweeper(
  deps: RetentionDeps,
  { enabled, interval_minutes: minutes, default_days, least_days, most_days }: RetentionSettings,
): AsyncDisposable[] {
  const limits = { default_days, least_days, most_days }
  if (!enabled) return []
  return [
    startSweeper(deps, {
      of: 'events past their retention',
      everyMs: minutes * 60_000,
      atOnce: Infinity,
      sweep: (signal) => sweepRetention(deps, limits, signal),
    }),
  ]
}

/** Removes what is too old now, in all rooms. Resolves to the number of removed events. */
async function sweepRetention(
  deps: RetentionDeps,
  limits: RetentionLimits,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0
  for (let after = ''; ;) {
    const page = await deps.db.all(roomsToSweep, { after, limit: ROOMS_AT_ONCE })
    for (const row of page) {
      if (signal?.aborted === true) return removed
      const policy = row.policy === null ? undefined : parseStored(row.policy)
      const lifetime = lifetimeOf(policy, limits)
      if (lifetime === undefined) continue
      const before = deps.clock.now() - lifetime
      if (row.oldest_at === null || row.oldest_at >= before) continue
      removed += await sweepRoom(deps, { roomId: row.room_id, before }, signal)
    }
    if (page.length < ROOMS_AT_ONCE) return removed
    after = page.at(-1)?.room_id ?? after
  }
}

async function sweepRoom(
  deps: RetentionDeps,
  { roomId, before }: { roomId: RoomId; before: number },
  signal: AbortSignal | undefined,
): Promise<number> {
  const found = await deps.db.first(positionAtTime, { roomId, ts: before })
  const newest = await deps.db.first(newestPosition, { roomId })
  const to = Math.min(found?.position ?? 0, newest?.position ?? 0) - 1
  if (to <= 0) return 0
  await markAllRead(deps, { roomId, to }, signal)
  let removed = 0
  for (;;) {
    if (signal?.aborted === true) return removed
    const batch = await removeBatch(deps, { roomId, to })
    removed += batch.removed
    if (!batch.hasMore) return removed
    await deps.clock.sleep(PAUSE_MS, signal)
  }
}

type Swept = { roomId: RoomId; to: number }

/**
 * What is removed is unread for no member. It must precede the removal: the unread count of a member is the
 * difference to the total at the read position, and the rows with the totals before it are removed.
 */
async function markAllRead(
  { db, clock, notifications }: RetentionDeps,
  { roomId, to: position }: Swept,
  signal: AbortSignal | undefined,
): Promise<void> {
  let moved = 0
  for (let after = ''; ;) {
    const page = await db.first(memberAfter, { roomId, after, limit: MEMBERS_AT_ONCE })
    const last = page?.last ?? undefined
    if (last === undefined) return
    if (moved > 0) await clock.sleep(PAUSE_MS, signal)
    const behind = await db.all(membersBehind, { roomId, after, last, position })
    if (behind.length > 0)
      await db.transaction(
        async (tx) => {
          for (const { user_id: userId } of behind)
            await markRead(notifications, tx, { userId, roomId, threadId: ALL_THREADS, position })
        },
        { orderedBy: roomId, repeatable: true },
      )
    moved = behind.length
    after = last
  }
}

type RemovedBatch = { removed: number; hasMore: boolean }

function removeBatch({ db }: RetentionDeps, { roomId, to }: Swept): Promise<RemovedBatch> {
  return db.transaction(
    async (tx): Promise<RemovedBatch> => {
      const from = (await tx.first(sweptTo, { roomId }))?.swept_to ?? 0
      const events = await tx.all(eventsToSweep, { roomId, from, to, limit: EVENTS_AT_ONCE })
      const last = events.at(-1)
      if (last === undefined) return { removed: 0, hasMore: false }
      const old = events.filter((event) => event.is_kept === 0)
      await endRelationsToState(tx, old)
      if (old.length > 0) await removeEvents(tx, { roomId, to, old })
      await tx.run(setSwept, { roomId, position: last.position })
      return { removed: old.length, hasMore: events.length === EVENTS_AT_ONCE }
    },
    { orderedBy: roomId, repeatable: true },
  )
}

/** A state event stays, so what it counts of the events that relate to it must lose them. */
async function endRelationsToState(
  tx: Transaction,
  old: readonly { event_id: EventId; parent_is_state: number }[],
): Promise<void> {
  const ids = old.filter((event) => event.parent_is_state === 1).map((event) => event.event_id)
  for (const event of (await findEvents(tx, ids)).values()) await removeRelation(tx, event)
}

async function removeEvents(
  tx: Transaction,
  { roomId, to, old }: Swept & { old: readonly { position: number; event_id: EventId }[] },
): Promise<void> {
  const positions = old.map((event) => event.position)
  await forgetEvents(tx, { roomId, positions, readTo: to })
  for (const remove of OF_EVENTS) await tx.run(remove, { positions })
  await tx.run(deleteSubscribersOf, { roots: old.map((event) => event.event_id) })
  await removeFromIndex(tx, positions)
}

const OF_EVENTS = [
  deleteEditsAt,
  deleteRelationsAt,
  deleteRelationsFrom,
  deleteParticipantsAt,
  deleteEventsAt,
]

import type { Bus } from '../cluster/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { UserId } from '../lib/ids.ts'
import { clearItems } from '../sending/item-store.ts'
import { disableLane, lockLanes, makeValueDue } from '../sending/lane-changes.ts'
import type { Transaction } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import { pausePusherRows, pushersToPause, pushersToResume, resumePusherRows } from './pause-store.ts'

type PauseDeps = { clock: Clock; trace: Trace; bus: Bus }

/**
 * Disables the pushers of an account that is locked, as their owner would: their queues are cleared, and
 * nothing is sent to them.
 */
export async function pausePushers(
  { clock, trace }: PauseDeps,
  tx: Transaction,
  userId: UserId,
): Promise<void> {
  const pusherIds = (await tx.all(pushersToPause, { userId })).map((row) => row.pusher_id)
  if (pusherIds.length === 0) return
  const now = clock.now()
  await tx.all(lockLanes, { laneIds: pusherIds })
  await trace.recordPusherChange(tx, now, { pusherIds, change: 'off' })
  await trace.recordCleared(tx, now, { pusherIds, reason: 'pusher disabled' })
  await clearItems(tx, pusherIds)
  for (const laneId of pusherIds) await tx.run(disableLane, { laneId })
  await tx.run(pausePusherRows, { pusherIds })
}

/** Enables them again after the account was unlocked. Only new events are sent, and the badge if it has changed. */
export async function resumePushers(
  { clock, trace, bus }: PauseDeps,
  tx: Transaction,
  userId: UserId,
): Promise<void> {
  const rows = await tx.all(pushersToResume, { userId })
  if (rows.length === 0) return
  const pusherIds = rows.map((row) => row.pusher_id)
  await tx.all(lockLanes, { laneIds: pusherIds })
  await trace.recordPusherChange(tx, clock.now(), { pusherIds, change: 'on' })
  await tx.run(resumePusherRows, { pusherIds })
  for (const { pusher_id: laneId, disable_badge_count: hasNoBadge } of rows)
    if (hasNoBadge === 0) await tx.run(makeValueDue, { laneId })
  tx.onCommit(() => bus.publish('delivery', pusherIds))
}

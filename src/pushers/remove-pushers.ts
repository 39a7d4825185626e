import { updateUnheldHandles } from '../user-rules/rule-handles-store.ts'
import { deleteThrottles } from '../delivery/email/throttle-store.ts'
import type { Clock } from '../lib/clock.ts'
import { MAIL_APP_ID } from '../lib/mail/app-id.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { clearItems } from '../sending/item-store.ts'
import { deleteLanes, lockLanes } from '../sending/lane-changes.ts'
import type { Transaction } from '../storage/database.ts'
import type { Trace } from '../trace/trace.ts'
import {
  deletePushersById,
  pusherById,
  pusherByKey,
  type PusherRef,
  pushersOfDevices,
  pushersOfUser,
  pushersSetBefore,
  setHasPushers,
  usersWithPushers,
} from './pusher-store.ts'
import { insertRemovedPushers, trimRemoved } from './removed-store.ts'

export type PusherRemovalDeps = {
  clock: Clock
  trace: Trace
  /** Called when the last pusher of a user is removed. */
  endBadge(tx: Transaction, userId: UserId): Promise<void>
}

/**
 * Why a pusher was removed. `deleted`: by a client of its owner. `rejected`: the gateway reported that the
 * pushkey is no longer valid. `device removed`: its device was logged out or removed, also by a change of the
 * password. `taken over`: another user set a pusher with the same app and pushkey. `account closed`: all
 * pushers of the user were removed. `unsubscribed`: by the link in its mails. `address removed`: its e-mail
 * address no longer belongs to the user. `not confirmed`: its app did not confirm it in time.
 */
export type RemovalReason =
  | 'deleted'
  | 'rejected'
  | 'device removed'
  | 'taken over'
  | 'account closed'
  | 'unsubscribed'
  | 'address removed'
  | 'not confirmed'

/** The number of notes kept for each user; the oldest are deleted. */
export const REMOVED_KEPT = 100

/** Removes the pushers of these devices. Part of the transaction that removes the devices. */
export async function removePushersOfDevices(
  deps: PusherRemovalDeps,
  tx: Transaction,
  of: { userId: UserId; deviceIds: readonly DeviceId[] },
): Promise<void> {
  await removePushers(deps, tx, { pushers: await tx.all(pushersOfDevices, of), reason: 'device removed' })
}

/** Removes all pushers of a user, including those without a device. */
export async function removeAllPushers(
  deps: PusherRemovalDeps,
  tx: Transaction,
  userId: UserId,
): Promise<void> {
  await removePushers(deps, tx, {
    pushers: await tx.all(pushersOfUser, { userId }),
    reason: 'account closed',
  })
  await deps.trace.forgetUser(tx, userId)
}

/** Removes the pusher of an address that no longer belongs to the user. */
export async function removePusherOfAddress(
  deps: PusherRemovalDeps,
  tx: Transaction,
  { userId, address }: { userId: UserId; address: string },
): Promise<void> {
  const key = { userId, appId: MAIL_APP_ID, pushkey: address }
  await removePushers(deps, tx, { pushers: await tx.all(pusherByKey, key), reason: 'address removed' })
}

/** Removes a pusher whose pushkey the gateway rejected. */
export async function removePusher(
  deps: PusherRemovalDeps,
  tx: Transaction,
  pusherId: number,
): Promise<void> {
  await removePushers(deps, tx, { pushers: await tx.all(pusherById, { pusherId }), reason: 'rejected' })
}

/**
 * Removes the pusher of a pushkey that this server's own gateway found invalid after its response, unless the
 * pusher was set again since. `pushkeyTs`: the value that the gateway received, in seconds; `isOurs`: whether
 * a URL belongs to that gateway.
 */
export async function removeRejected(
  deps: PusherRemovalDeps,
  tx: Transaction,
  { isOurs, pushkeyTs, ...key }: RejectedKey,
): Promise<void> {
  const found = await tx.all(pushersSetBefore, { ...key, before: (pushkeyTs + 1) * 1000 })
  const pushers = found.filter(({ url }) => url !== null && isOurs(url))
  await removePushers(deps, tx, { pushers, reason: 'rejected' })
}

export type RejectedKey = {
  appId: string
  pushkey: string
  pushkeyTs: number
  isOurs: (url: string) => boolean
}

/**
 * Removes pushers with their queues, and the badge with the last pusher of a user. A handle that no pusher
 * holds any more keeps its rules for a limited time. A note with the time and the reason is stored for the
 * owner.
 */
export async function removePushers(
  deps: PusherRemovalDeps,
  tx: Transaction,
  { pushers, reason }: { pushers: readonly PusherRef[]; reason: RemovalReason },
): Promise<void> {
  if (pushers.length === 0) return
  const now = deps.clock.now()
  const pusherIds = pushers.map((pusher) => pusher.pusher_id)
  // Lanes before items and pushers, as in the transactions that send and that set pushers.
  tx.write(lockLanes, { laneIds: pusherIds })
  await tx.run(insertRemovedPushers, { pusherIds, reason, now })
  await deps.trace.recordPusherChange(tx, now, { pusherIds, change: 'removed', reason })
  await deps.trace.recordCleared(tx, now, { pusherIds, reason: 'pusher removed' })
  await clearItems(tx, pusherIds)
  await tx.run(deleteThrottles, { pusherIds })
  await tx.run(deletePushersById, { pusherIds })
  await tx.run(deleteLanes, { laneIds: pusherIds })
  const userIds = [...new Set(pushers.map((pusher) => pusher.user_id))]
  const remaining = new Set((await tx.all(usersWithPushers, { userIds })).map((row) => row.user_id))
  for (const userId of userIds) {
    await tx.run(trimRemoved, { userId, keep: REMOVED_KEPT })
    await tx.run(updateUnheldHandles, { userId, now })
    if (remaining.has(userId)) continue
    await setHasPushers(tx, userId, false)
    await deps.endBadge(tx, userId)
  }
}

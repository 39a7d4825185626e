import { settleHandles } from '../user-rules/rule-handles-store.ts'
import { deleteThrottles } from '../delivery/email/throttle-store.ts'
import type { Clock } from '../lib/clock.ts'
import { MAIL_APP_ID } from '../lib/mail/app-id.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { clearItems } from '../sending/item-store.ts'
import { deleteLanes } from '../sending/lane-changes.ts'
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
import { noteRemoved, trimRemoved } from './removed-store.ts'

export type PusherRemovalDeps = {
  clock: Clock
  trace: Trace
  /** A user's last pusher is gone. */
  endBadge(tx: Transaction, userId: UserId): Promise<void>
}

/**
 * Why a pusher is no more. `deleted`: a client of its owner has deleted it. `rejected`: its gateway has said that the pushkey is
 * not valid any more. `device removed`: its device was logged out or removed, by a change of the password too. `taken over`:
 * another user has set a pusher with its app and pushkey. `account closed`: with all of the user's. `unsubscribed`: by the link in its
 * mails. `address removed`: it mailed to an address that is the user's no more. `not confirmed`: its app has not
 * confirmed it in time.
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

/** So many notes of a user are kept, the newest. */
export const REMOVED_KEPT = 100

/** Removes the pushers that belong to these devices: part of the transaction that removes the devices. */
export async function removePushersOfDevices(
  deps: PusherRemovalDeps,
  tx: Transaction,
  of: { userId: UserId; deviceIds: readonly DeviceId[] },
): Promise<void> {
  await removePushers(deps, tx, { pushers: await tx.all(pushersOfDevices, of), reason: 'device removed' })
}

/** Removes all pushers of a user, those without a device among them. */
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

/** Removes the pusher that mails to an address which is the user's no more. */
export async function removePusherOfAddress(
  deps: PusherRemovalDeps,
  tx: Transaction,
  { userId, address }: { userId: UserId; address: string },
): Promise<void> {
  const key = { userId, appId: MAIL_APP_ID, pushkey: address }
  await removePushers(deps, tx, { pushers: await tx.all(pusherByKey, key), reason: 'address removed' })
}

/** Removes a pusher whose gateway asked for it. */
export async function removePusher(
  deps: PusherRemovalDeps,
  tx: Transaction,
  pusherId: number,
): Promise<void> {
  await removePushers(deps, tx, { pushers: await tx.all(pusherById, { pusherId }), reason: 'rejected' })
}

/**
 * This server's own gateway has found out, after its answer, that a pushkey is dead. Its pusher goes, unless it was set anew since.
 * `pushkeyTs`: as the gateway was told it, in seconds; `isOurs`: whether a URL leads to that gateway.
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
 * With a pusher goes what waits to be sent to it, and with a user's last one the badge. The rules of its handle stay, for a
 * while if no other holds it. A note of when and why is left for its owner.
 */
export async function removePushers(
  deps: PusherRemovalDeps,
  tx: Transaction,
  { pushers, reason }: { pushers: readonly PusherRef[]; reason: RemovalReason },
): Promise<void> {
  if (pushers.length === 0) return
  const now = deps.clock.now()
  const pusherIds = pushers.map((pusher) => pusher.pusher_id)
  await tx.run(noteRemoved, { pusherIds, reason, now })
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
    await tx.run(settleHandles, { userId, now })
    if (remaining.has(userId)) continue
    await setHasPushers(tx, userId, false)
    await deps.endBadge(tx, userId)
  }
}

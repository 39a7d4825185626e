import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { removeRoomFromBadge } from './badge-store.ts'
import type { NotificationDeps } from './deps.ts'
import { beginStay, deleteExceptionsOfMember, endStay } from './reading-store.ts'
import { badgeChanged } from './wake.ts'

/** `position` is that of the join: what came before is never unread. A change of profile is no join; it does nothing. */
export async function memberJoined(
  deps: NotificationDeps,
  tx: Transaction,
  joined: { userId: UserId; roomId: RoomId; position: number },
): Promise<void> {
  const begun = await tx.run(beginStay, joined)
  if (begun === 0) return
  await tx.run(deleteExceptionsOfMember, joined)
  await leaveBadge(deps, tx, joined)
}

/** After leaving in any way, or when an invitation is rejected or withdrawn: nothing is kept of the stay. */
export async function memberLeft(
  deps: NotificationDeps,
  tx: Transaction,
  left: { userId: UserId; roomId: RoomId },
): Promise<void> {
  await tx.run(endStay, left)
  await tx.run(deleteExceptionsOfMember, left)
  await leaveBadge(deps, tx, left)
}

async function leaveBadge(
  deps: NotificationDeps,
  tx: Transaction,
  member: { userId: UserId; roomId: RoomId },
): Promise<void> {
  if ((await tx.run(removeRoomFromBadge, member)) > 0) await badgeChanged(deps, tx, [member.userId])
}

import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { clearUnnotifiedInvitation, removeRoomFromBadge } from './badge-store.ts'
import { deleteCohorts, returnToDefault } from './cohort-store.ts'
import type { NotificationDeps } from './deps.ts'
import {
  insertReadPosition,
  deleteExceptionsBefore,
  deleteExceptionsOfMember,
  deleteReadPositions,
} from './read-positions-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** `position` is that of the join: earlier events are never unread. A profile change is not a join and does nothing. */
export async function memberJoined(
  deps: NotificationDeps,
  tx: Transaction,
  joined: { userId: UserId; roomId: RoomId; position: number },
): Promise<void> {
  const begun = await tx.run(insertReadPosition, joined)
  if (begun === 0) return
  await tx.run(deleteExceptionsOfMember, joined)
  await leaveBadge(deps, tx, joined)
}

/**
 * A user with an invitation got another one, with the event at `position`. It replaces the earlier invitation in
 * `/notifications` and on the badge. Call it after `recordEvent`.
 */
export async function memberInvitedAgain(
  deps: NotificationDeps,
  tx: Transaction,
  invited: { userId: UserId; roomId: RoomId; position: number },
): Promise<void> {
  await tx.run(deleteExceptionsBefore, invited)
  if ((await tx.run(clearUnnotifiedInvitation, invited)) > 0) badgeChanged(deps, tx, [invited.userId])
}

/** Call it after a leave of any kind, or when an invitation is rejected or withdrawn. Deletes all data of the stay. */
export async function memberLeft(
  deps: NotificationDeps,
  tx: Transaction,
  left: { userId: UserId; roomId: RoomId },
): Promise<void> {
  await tx.run(deleteReadPositions, left)
  await tx.run(deleteExceptionsOfMember, left)
  await tx.run(deleteCohorts, left)
  await leaveBadge(deps, tx, left)
}

/**
 * The push rules of a user changed at this position; `memberships.has_rules` and `rooms.rules_version` are
 * already written. Counted events keep their outcome. The next event in each room moves the user to another
 * cohort if the new rules need one (see `MemberRules.ofRoom`). That step does not see a user who has no push
 * rules of their own any more, so this function moves such a user at once.
 */
export async function rulesChanged(
  tx: Transaction,
  change: { userId: UserId; position: number },
): Promise<void> {
  await tx.run(returnToDefault, change)
}

async function leaveBadge(
  deps: NotificationDeps,
  tx: Transaction,
  member: { userId: UserId; roomId: RoomId },
): Promise<void> {
  if ((await tx.run(removeRoomFromBadge, member)) > 0) badgeChanged(deps, tx, [member.userId])
}

import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { clearUntoldInvitation, removeRoomFromBadge } from './badge-store.ts'
import { forgetCohorts, returnToDefault } from './cohort-store.ts'
import type { NotificationDeps } from './deps.ts'
import {
  beginStay,
  deleteExceptionsBefore,
  deleteExceptionsOfMember,
  endStay,
} from './read-positions-store.ts'
import { badgeChanged } from './wake-delivery.ts'

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

/**
 * A user who was invited already was invited again, by the event at `position`: it replaces the invitation before it, in
 * `/notifications` and on the badge. It comes after `recordEvent`, as the others do.
 */
export async function memberInvitedAgain(
  deps: NotificationDeps,
  tx: Transaction,
  invited: { userId: UserId; roomId: RoomId; position: number },
): Promise<void> {
  await tx.run(deleteExceptionsBefore, invited)
  if ((await tx.run(clearUntoldInvitation, invited)) > 0) await badgeChanged(deps, tx, [invited.userId])
}

/** After leaving in any way, or when an invitation is rejected or withdrawn: nothing is kept of the stay. */
export async function memberLeft(
  deps: NotificationDeps,
  tx: Transaction,
  left: { userId: UserId; roomId: RoomId },
): Promise<void> {
  await tx.run(endStay, left)
  await tx.run(deleteExceptionsOfMember, left)
  await tx.run(forgetCohorts, left)
  await leaveBadge(deps, tx, left)
}

/**
 * Other push rules hold for a user from this position on; it is written in `memberships.has_rules` and
 * `rooms.rules_version` already. What was counted stays as it was decided. By the next event in each of their rooms they
 * are moved to another cohort, if these rules bear on it differently (see `MemberRules.ofRoom`); who has no rules of
 * their own any more would not be looked at there, and is moved now.
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
  if ((await tx.run(removeRoomFromBadge, member)) > 0) await badgeChanged(deps, tx, [member.userId])
}

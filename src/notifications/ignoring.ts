import { badgeOf } from './recipient-facts.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { NotificationDeps } from './deps.ts'
import {
  clearInvitations,
  clearSilenced,
  keepInvitations,
  keepOwn,
  keepShared,
  silenceOwn,
  silenceShared,
} from './ignoring-store.ts'
import {
  addToBadge,
  deleteRestored,
  deleteSilenced,
  restorable,
  restoreOwn,
  restoreShared,
} from './restoring-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** Bounds the cost of one change of the list. Older events stay unread. */
const MAX_SILENCED = 10_000

/** A change of what a user does not want to receive. */
export type HidingChange = {
  userId: UserId
  /** The users that were not ignored before. */
  ignored: readonly UserId[]
  /** The user starts to block all invitations. */
  blocksInvitations?: boolean
}

/**
 * A user changes the ignore list (client-server API, "Ignoring Users") or blocks or permits invitations
 * ("Invite permission"). The unread events of newly ignored users, and blocked invitations, leave the counts,
 * the badge and `/notifications`. Those of users who are no longer ignored come back, except for events that
 * were sent in between. Must run in the transaction that changes the account data. `personal.ts` handles the
 * events that follow.
 */
export async function usersIgnored(
  deps: NotificationDeps,
  tx: Transaction,
  change: HidingChange,
): Promise<void> {
  const { userId } = change
  const before = await badgeOf(tx, userId, deps.badge)
  await silence(tx, change)
  await restore(tx, userId)
  if ((await badgeOf(tx, userId, deps.badge)) !== before) badgeChanged(deps, tx, [userId])
}

/** Forgets the kept outcomes of an account that closes. */
export async function forgetSilenced(tx: Transaction, userId: UserId): Promise<void> {
  await tx.run(deleteSilenced, { userId })
}

async function silence(
  tx: Transaction,
  { userId, ignored, blocksInvitations = false }: HidingChange,
): Promise<void> {
  if (ignored.length > 0) await tx.run(keepOwn, { userId, ignored })
  if (blocksInvitations) await tx.run(keepInvitations, { userId })
  if (ignored.length > 0 || blocksInvitations) await tx.run(silenceOwn, { userId })
  if (ignored.length > 0) {
    await tx.run(keepShared, { userId, ignored, limit: MAX_SILENCED })
    await tx.run(silenceShared, { userId })
    await tx.run(clearSilenced, { userId, ignored })
  }
  if (blocksInvitations) await tx.run(clearInvitations, { userId })
}

async function restore(tx: Transaction, userId: UserId): Promise<void> {
  const rows = await tx.all(restorable, { userId })
  if (rows.length === 0) return
  const positionsOf = (isShared: 0 | 1) =>
    rows.filter((row) => row.isShared === isShared).map((row) => row.position)
  await tx.run(restoreOwn, { userId, positions: positionsOf(0) })
  await tx.run(restoreShared, { userId, positions: positionsOf(1) })
  await tx.run(deleteRestored, { userId, positions: rows.map((row) => row.position) })
  await tx.run(addToBadge, { userId, roomIds: [...new Set(rows.map((row) => row.roomId))] })
}

import { MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { startSweeper } from '../lib/sweeper.ts'
import type { Transaction } from '../storage/database.ts'
import { changeMembership } from './change-membership.ts'
import type { RoomDeps } from './deps.ts'
import { endedMembers, roomsOfUser } from './membership-store.ts'

/** Rooms of one transaction: others' writes wait no longer than for these. */
const ROOMS_AT_ONCE = 16
const MINUTE_MS = 60_000

/** Of an account that was ended: leaves its rooms, and declines what it is invited to or has knocked at. */
export async function leaveAllRooms(deps: RoomDeps, userId: UserId): Promise<void> {
  const rooms = await roomsOfUser(deps.db, userId, ['join', 'invite', 'knock'])
  for (let at = 0; at < rooms.length; at += ROOMS_AT_ONCE) {
    const some = rooms.slice(at, at + ROOMS_AT_ONCE)
    await deps.db.transaction(async (tx) => {
      for (const { room_id: roomId } of some) await leave(deps, tx, { roomId, userId })
    })
  }
}

/**
 * Leaves the rooms of accounts that were deactivated without that: by `belfry user deactivate`, which writes no events, or by a process
 * that ended in between. Now, and once a minute.
 */
export function startLeaving(deps: RoomDeps): AsyncDisposable {
  return startSweeper(deps, {
    of: 'memberships of accounts that were ended',
    everyMs: MINUTE_MS,
    atOnce: ROOMS_AT_ONCE,
    sweep: () => leaveSome(deps),
  })
}

/** Resolves to how many rooms were left. */
export function leaveSome(deps: RoomDeps): Promise<number> {
  return deps.db.transaction(async (tx) => {
    let left = 0
    for (const { room_id: roomId, user_id: userId } of await tx.all(endedMembers, { limit: ROOMS_AT_ONCE }))
      if (await leave(deps, tx, { roomId, userId })) left++
    return left
  })
}

async function leave(
  deps: RoomDeps,
  tx: Transaction,
  { roomId, userId }: { roomId: RoomId; userId: UserId },
): Promise<boolean> {
  try {
    const change = { roomId, sender: userId, target: userId, content: { membership: 'leave' as const } }
    await changeMembership(deps, tx, { ...change, onlyIfNew: true })
    return true
  } catch (error) {
    // It is refused before anything is written; the other rooms are not to suffer for that.
    if (error instanceof MatrixError && error.status === 403) return false
    throw error
  }
}

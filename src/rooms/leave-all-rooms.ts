import { MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { startSweeper } from '../lib/sweeper.ts'
import type { Transaction } from '../storage/database.ts'
import { byShard } from '../storage/stream.ts'
import { changeMembership } from './change-membership.ts'
import type { RoomDeps } from './deps.ts'
import { deactivatedMembers, roomsOfUser } from './membership-store.ts'

/** Rooms in one transaction. It bounds how long other writes wait. */
const ROOM_BATCH_SIZE = 16
const MINUTE_MS = 60_000

/** For a deactivated account: leaves its rooms, rejects its invitations and withdraws its knocks. */
export async function leaveAllRooms(deps: RoomDeps, userId: UserId): Promise<void> {
  await leaveAll(deps, await roomsOfUser(deps.db, userId, ['join', 'invite', 'knock']))
}

/**
 * Leaves the rooms of deactivated accounts that still have memberships: `belfry user deactivate` writes no
 * events, and a process can end before it has left all rooms. Runs now, and then once a minute.
 */
export function startLeaveSweeper(deps: RoomDeps): AsyncDisposable {
  return startSweeper(deps, {
    of: 'memberships of deactivated accounts',
    everyMs: MINUTE_MS,
    atOnce: ROOM_BATCH_SIZE,
    sweep: () => leaveNextRooms(deps),
  })
}

/** Resolves to the number of rooms left. */
export async function leaveNextRooms(deps: RoomDeps): Promise<number> {
  return leaveAll(deps, await deps.db.all(deactivatedMembers, { limit: ROOM_BATCH_SIZE }))
}

type Stay = { room_id: RoomId; user_id: UserId }

/**
 * In one transaction for each shard, because a transaction of several shards would wait for all of them.
 * Resolves to the number of rooms left.
 */
async function leaveAll(deps: RoomDeps, stays: readonly Stay[]): Promise<number> {
  let left = 0
  const some = { keyOf: (stay: Stay) => stay.room_id, shards: deps.db.shards, atOnce: ROOM_BATCH_SIZE }
  for (const { orderedBy, items } of byShard(stays, some))
    left += await deps.db.transaction(
      async (tx) => {
        let leftHere = 0
        for (const { room_id: roomId, user_id: userId } of items)
          if (await leave(deps, tx, { roomId, userId })) leftHere++
        return leftHere
      },
      { orderedBy },
    )
  return left
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
    // The refusal happens before any write, so the other rooms can still be left.
    if (error instanceof MatrixError && error.status === 403) return false
    throw error
  }
}

import { MatrixError, notFound } from '../../lib/errors.ts'
import type { RoomId } from '../../lib/ids.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import { lockLanes } from '../../sending/lane-changes.ts'
import type { Transaction } from '../../storage/database.ts'
import { nextPosition } from '../../storage/stream.ts'
import { changeMembership } from '../change-membership.ts'
import type { RoomDeps } from '../deps.ts'
import { removeFromIndex } from '../search/index-events.ts'
import {
  deleteAccountDataInRoom,
  deleteAliasesOfRoom,
  deleteArrivalsAt,
  deleteBadgesInRoom,
  deleteCohortsInRoom,
  deleteDecisionsAt,
  deleteEditsAt,
  deleteEventsAt,
  deleteExceptionsInRoom,
  deleteItemsOfRoom,
  deleteMembershipsInRoom,
  deleteOutcomesOfRoom,
  deleteParticipantsAt,
  deleteReadPositionsInRoom,
  deleteReceiptsInRoom,
  deleteRelationsAt,
  deleteRoomRow,
  deleteSilencedInRoom,
  deleteStateOfRoom,
  deleteStepsAt,
  deleteSubscriptionsInRoom,
  deleteThreadsOfRoom,
  deleteThrottlesOfRoom,
  deleteRetentionOfRoom,
  deleteUpgradesOfRoom,
  eventsOfRoom,
  lanesOfUsers,
  membersToRemove,
  removalOfRoom,
  roomsToRemove,
  setRemoval,
  usersOfRoom,
} from './removal-store.ts'

// open ──shut down──▶ shutting down ──all have left──▶ shut down
//   └──────────────── purge ─────────────────┴──▶ purging ──all have left, all rows are deleted──▶ (the room does not exist)
//
// The state is in the row of the room, so a process that ends is followed by one that continues. A room that
// is not open cannot be joined.

type Kind = 'shutting down' | 'purging'

/** Members in one transaction. Each writes an event. */
const LEAVING_AT_ONCE = 16
/** Users or rows in one transaction. It bounds how long other writes wait. */
const ROWS_AT_ONCE = 100
const ROOMS_AT_ONCE = 100
const EVERY_MS = 5000

const FROM: Readonly<Record<Kind, readonly string[]>> = {
  'shutting down': [''],
  purging: ['', 'shutting down', 'shut down'],
}

/**
 * Closes a room: no user can join it or be invited, it has no aliases and is in no list. The sweep makes its
 * members leave, and `purging` then deletes it. Repeating it changes nothing.
 * @throws MatrixError 404 when there is no such room
 */
export async function closeRoom({ db }: Pick<RoomDeps, 'db'>, roomId: RoomId, removal: Kind): Promise<void> {
  await db.transaction(
    async (tx) => {
      const closed = await tx.run(setRemoval, { roomId, removal, from: FROM[removal] })
      if (closed === 0 && (await tx.first(removalOfRoom, { roomId })) === undefined)
        throw notFound(`There is no room ${roomId}`)
      await tx.run(deleteAliasesOfRoom, { roomId })
    },
    { orderedBy: roomId },
  )
}

/** Continues the removal of rooms every few seconds. */
export function startRoomRemoval(deps: RoomDeps): AsyncDisposable {
  return startSweeper(deps, {
    of: 'parts of rooms that are shut down or purged',
    everyMs: EVERY_MS,
    atOnce: 1,
    sweep: () => removeNextParts(deps),
  })
}

/** Makes one step for each of these rooms. Resolves to the number of steps. */
export async function removeNextParts(deps: RoomDeps): Promise<number> {
  let steps = 0
  for (const { room_id: roomId, removal } of await deps.db.all(roomsToRemove, { limit: ROOMS_AT_ONCE }))
    if (await removePart(deps, roomId, removal)) steps++
  return steps
}

/** Resolves to whether something was changed. */
function removePart(deps: RoomDeps, roomId: RoomId, removal: Kind): Promise<boolean> {
  return deps.db.transaction(
    async (tx) => {
      if (await leaveNext(deps, tx, roomId)) return true
      if (removal === 'purging') return purgeNext(tx, roomId)
      return (await tx.run(setRemoval, { roomId, removal: 'shut down', from: ['shutting down'] })) > 0
    },
    { orderedBy: roomId, inOwnGroup: removal === 'purging' },
  )
}

const REASON = 'An administrator of this server has shut this room down'

async function leaveNext(deps: RoomDeps, tx: Transaction, roomId: RoomId): Promise<boolean> {
  const members = await tx.all(membersToRemove, { roomId, limit: LEAVING_AT_ONCE })
  let left = 0
  for (const { user_id: userId } of members) {
    const content = { membership: 'leave' as const, reason: REASON }
    try {
      await changeMembership(deps, tx, { roomId, sender: userId, target: userId, content })
      left++
    } catch (error) {
      // The refusal happens before any write, so the others can still leave.
      if (!(error instanceof MatrixError && error.status === 403)) throw error
    }
  }
  return left > 0
}

async function purgeNext(tx: Transaction, roomId: RoomId): Promise<boolean> {
  return (
    (await purgeUsers(tx, roomId)) ||
    (await purgeEvents(tx, roomId)) ||
    (await purgeRows(tx, roomId)) ||
    (await purgeRoom(tx, roomId))
  )
}

const OF_USERS = [
  deleteAccountDataInRoom,
  deleteBadgesInRoom,
  deleteCohortsInRoom,
  deleteExceptionsInRoom,
  deleteReadPositionsInRoom,
  deleteReceiptsInRoom,
  deleteSilencedInRoom,
  deleteSubscriptionsInRoom,
  deleteMembershipsInRoom,
]

/** The queued items need the events of the room, so users come first. */
async function purgeUsers(tx: Transaction, roomId: RoomId): Promise<boolean> {
  const userIds = (await tx.all(usersOfRoom, { roomId, limit: ROWS_AT_ONCE })).map((row) => row.user_id)
  if (userIds.length === 0) return false
  const laneIds = (await tx.all(lanesOfUsers, { userIds })).map((row) => row.pusher_id)
  if (laneIds.length > 0) {
    await tx.all(lockLanes, { laneIds })
    await tx.run(deleteItemsOfRoom, { roomId, laneIds })
    await tx.run(deleteThrottlesOfRoom, { roomId, laneIds })
  }
  for (const remove of OF_USERS) await tx.run(remove, { roomId, userIds })
  return true
}

const OF_EVENTS = [
  deleteRelationsAt,
  deleteEditsAt,
  deleteParticipantsAt,
  deleteStepsAt,
  deleteDecisionsAt,
  deleteArrivalsAt,
  deleteEventsAt,
]

async function purgeEvents(tx: Transaction, roomId: RoomId): Promise<boolean> {
  const positions = (await tx.all(eventsOfRoom, { roomId, limit: ROWS_AT_ONCE })).map((row) => row.position)
  if (positions.length === 0) return false
  // On SQLite the last position is that of the counter or of the last event: without that event, the counter
  // must have passed it.
  await nextPosition(tx)
  for (const remove of OF_EVENTS) await tx.run(remove, { positions })
  await removeFromIndex(tx, positions)
  return true
}

async function purgeRows(tx: Transaction, roomId: RoomId): Promise<boolean> {
  for (const remove of [deleteOutcomesOfRoom, deleteThreadsOfRoom, deleteStateOfRoom])
    if ((await tx.run(remove, { roomId, limit: ROWS_AT_ONCE })) > 0) return true
  return false
}

async function purgeRoom(tx: Transaction, roomId: RoomId): Promise<boolean> {
  await tx.run(deleteAliasesOfRoom, { roomId })
  await tx.run(deleteUpgradesOfRoom, { roomId })
  await tx.run(deleteRetentionOfRoom, { roomId })
  return (await tx.run(deleteRoomRow, { roomId })) > 0
}

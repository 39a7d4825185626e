import { MatrixError, notFound } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { changeMembership, type MembershipChange } from './change-membership.ts'
import type { RoomDeps } from './deps.ts'
import { forget, membershipIn, roomsOfUser } from './membership-store.ts'

/** An action of a user on their own membership. */
type OwnChange = { roomId: RoomId; userId: UserId; reason?: string | undefined }
/** An action of a user on the membership of another user. */
type TargetedChange = { roomId: RoomId; sender: UserId; target: UserId; reason?: string | undefined }

/** Joins a room. Changes nothing for a joined member. Throws 404 for a room that does not exist, 403. */
export async function joinRoom(deps: RoomDeps, { roomId, userId, reason }: OwnChange): Promise<void> {
  await change(deps, { roomId, sender: userId, target: userId, content: contentOf('join', reason) })
}

/**
 * Asks to join a room whose join rule allows knocking. An invitation accepts the knock, a leave withdraws it.
 * Throws 404 for a room that does not exist, 403.
 */
export async function knockOnRoom(deps: RoomDeps, { roomId, userId, reason }: OwnChange): Promise<void> {
  await change(deps, { roomId, sender: userId, target: userId, content: contentOf('knock', reason) })
}

/** Leaves a room, or rejects an invitation. Changes nothing for a user who has left already. Throws 403. */
export async function leaveRoom(deps: RoomDeps, { roomId, userId, reason }: OwnChange): Promise<void> {
  await change(deps, { roomId, sender: userId, target: userId, content: contentOf('leave', reason) })
}

/** Throws 403; 404 when this server has no such user. */
export async function inviteUser(
  deps: RoomDeps,
  { reason, isDirect = false, ...ids }: TargetedChange & { isDirect?: boolean },
): Promise<void> {
  const content = contentOf('invite', reason)
  if (isDirect) content['is_direct'] = true
  await change(deps, { ...ids, content })
}

/** Throws 403, also when the user is not in the room. */
export async function kickUser(deps: RoomDeps, { reason, ...ids }: TargetedChange): Promise<void> {
  await change(deps, { ...ids, content: contentOf('leave', reason), from: ['join', 'invite', 'knock'] })
}

/** Throws 403. A user who never was in the room can be banned as well. */
export async function banUser(deps: RoomDeps, { reason, ...ids }: TargetedChange): Promise<void> {
  await change(deps, { ...ids, content: contentOf('ban', reason) })
}

/** Throws 403, also when the user is not banned. */
export async function unbanUser(deps: RoomDeps, { reason, ...ids }: TargetedChange): Promise<void> {
  await change(deps, { ...ids, content: contentOf('leave', reason), from: ['ban'] })
}

/** Removes a room that the user has left from all lists. Throws 400 for a member, 404 for a user who never was one. */
export async function forgetRoom(deps: RoomDeps, { roomId, userId }: OwnChange): Promise<void> {
  await deps.db.transaction(
    async (tx) => {
      if (await forget(tx, roomId, userId)) return
      if (!(await membershipIn(tx, roomId, userId))) throw notFound('You have never been in this room')
      throw new MatrixError(400, 'M_UNKNOWN', 'Leave the room before you forget it')
    },
    { orderedBy: roomId },
  )
}

export async function joinedRooms(deps: Pick<RoomDeps, 'db'>, userId: UserId): Promise<RoomId[]> {
  return (await roomsOfUser(deps.db, userId, ['join'])).map((row) => row.room_id)
}

function contentOf(membership: MembershipChange['content']['membership'], reason: string | undefined) {
  return { membership, ...(reason === undefined ? {} : { reason }) } as MembershipChange['content'] &
    JsonObject
}

async function change(deps: RoomDeps, wanted: MembershipChange): Promise<void> {
  await deps.db.transaction((tx) => changeMembership(deps, tx, { ...wanted, onlyIfNew: true }), {
    orderedBy: wanted.roomId,
  })
}

import { userById } from '../accounts/users-store.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { byShard } from '../storage/stream.ts'
import { appendTo } from './append-event.ts'
import { authorise } from './authorise.ts'
import type { RoomDeps } from './deps.ts'
import { type MemberRow, membershipIn, roomsOfUser } from './membership-store.ts'
import { viewRoom } from './room-view.ts'

/** Rooms in one transaction. It bounds how long other writes wait. */
const ROOM_BATCH_SIZE = 16

/**
 * Updates a user's member events in all joined rooms to the profile, in transactions of rooms of one shard.
 * Rooms that are up to date are not written, so a second call after an interruption completes the rest.
 */
export async function updateMemberProfile(deps: RoomDeps, userId: UserId): Promise<void> {
  const rooms = await roomsOfUser(deps.db, userId, ['join'])
  const some = { keyOf: (row: MemberRow) => row.room_id, shards: deps.db.shards, atOnce: ROOM_BATCH_SIZE }
  for (const { orderedBy, items } of byShard(rooms, some))
    await deps.db.transaction(
      async (tx) => {
        for (const { room_id: roomId } of items) await updateIn(deps, tx, { roomId, userId })
      },
      { orderedBy },
    )
}

async function updateIn(
  deps: RoomDeps,
  tx: Transaction,
  { roomId, userId }: { roomId: RoomId; userId: UserId },
): Promise<void> {
  const member = await membershipIn(tx, roomId, userId)
  const profile = await tx.first(userById, { userId })
  if (member?.membership !== 'join' || !profile || isUpToDate(member, profile)) return
  const content = {
    membership: 'join',
    ...(profile.displayname === null ? {} : { displayname: profile.displayname }),
    ...(profile.avatar_url === null ? {} : { avatar_url: profile.avatar_url }),
  }
  const draft = { roomId, sender: userId, type: 'm.room.member', stateKey: userId, content }
  const room = await viewRoom(tx, draft)
  // A join rule that allows no joins also refuses the profile changes of members. The other rooms are still updated.
  if (!room || !authorise(draft, room).allowed) return
  await appendTo(deps, tx, { draft, room })
}

function isUpToDate(
  member: MemberRow,
  profile: { displayname: string | null; avatar_url: string | null },
): boolean {
  return member.displayname === profile.displayname && member.avatar_url === profile.avatar_url
}

import type { UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import type { KeyDeps } from './deps.ts'
import { acquaintances } from './device-lists-store.ts'

/**
 * The users of the list whose keys the reader may get: the reader, and all users who share a room with the
 * reader or are invited to it (MSC4263). With `encryption.keys_for_shared_rooms_only` off: all.
 */
export async function readableUsers(
  { sharedRoomsOnly }: Pick<KeyDeps, 'sharedRoomsOnly'>,
  read: Queries,
  { reader, userIds }: { reader: UserId; userIds: readonly UserId[] },
): Promise<UserId[]> {
  if (!sharedRoomsOnly) return [...userIds]
  const others = userIds.filter((userId) => userId !== reader)
  const found = others.length === 0 ? [] : await read.all(acquaintances, { userId: reader, others })
  const readable = new Set([reader, ...found.map((row) => row.user_id)])
  return userIds.filter((userId) => readable.has(userId))
}

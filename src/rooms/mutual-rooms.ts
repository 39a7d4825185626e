import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { countMutual, mutualAfter } from './membership-store.ts'

/** The rooms of a page. */
const PAGE = 1000

export type MutualRooms = {
  /** By id. */
  joined: readonly RoomId[]
  /** The number of all mutual rooms. */
  count: number
  /** The room before which the next page begins; undefined: there is no further page. */
  end: RoomId | undefined
}

/**
 * The rooms that both users have joined (client-server API, "Mutual Rooms"), those with an id above `after`.
 * Without rooms for an unknown user.
 */
export async function mutualRooms(
  q: Queries,
  { userId, other, after }: { userId: UserId; other: UserId; after: string },
  page = PAGE,
): Promise<MutualRooms> {
  const found = await q.all(mutualAfter, { userId, other, after, limit: page + 1 })
  const joined = found.slice(0, page).map((row) => row.room_id)
  const isWhole = after === '' && found.length <= page
  const count = isWhole ? joined.length : ((await q.first(countMutual, { userId, other }))?.count ?? 0)
  return { joined, count, end: found.length > page ? joined.at(-1) : undefined }
}

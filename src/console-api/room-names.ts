import { roomNameFor } from '../delivery/room-name.ts'
import { createLoadWords } from '../language/load-words.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { firstMembers, inputsOfSummaries } from '../rooms/sync/summary-store.ts'
import { once } from '../lib/once.ts'
import type { Queries } from '../storage/query.ts'

/** The texts of this API are English. */
export const englishWords = once(() => createLoadWords('en')('notification', []))

/** `roomNameFor` needs two members. */
const NAMED_MEMBERS = 2

/**
 * The names of rooms as a user sees them: as in pokes (`delivery/room-name.ts`), and for a room of two the
 * name of the other member. A room that does not exist has none.
 */
export async function roomNamesFor(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, string>> {
  if (roomIds.length === 0) return new Map()
  const rows = await q.all(inputsOfSummaries, { roomIds })
  const unnamed = rows.filter((row) => row.name === null && row.canonical_alias === null)
  const rooms = unnamed.map(({ room_id }) => ({ room_id }))
  const found =
    rooms.length === 0 ? [] : await q.all(firstMembers, { rooms, userId, skip: NAMED_MEMBERS - 1 })
  const words = await englishWords()
  const membersOf = Map.groupBy(found, (member) => member.room_id)
  return new Map(
    rows.map((row) => {
      const members = (membersOf.get(row.room_id) ?? []).map((member) => ({
        userId: member.user_id,
        displayname: member.displayname,
        membership: member.membership,
      }))
      const [other] = members
      const name = roomNameFor(
        {
          name: row.name,
          canonicalAlias: row.canonical_alias,
          members,
          memberCount: row.joined_count + row.invited_count,
          recipient: userId,
        },
        words,
      )
      return [row.room_id, name ?? other?.displayname ?? other?.userId ?? row.room_id]
    }),
  )
}

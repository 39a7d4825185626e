import type { RoomId } from '../../../lib/ids.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'
import type { ListFilters } from './request.ts'

/** What the filters of lists look at, besides the rooms themselves. */
export type FilterFacts = {
  isDm: (roomId: RoomId) => boolean
  /** The tags of the user's rooms. A room without tags is absent. */
  tags: ReadonlyMap<RoomId, ReadonlySet<string>>
  /** The rooms in each space that a filter names and the user is joined to. */
  children: ReadonlyMap<string, ReadonlySet<string>>
}

/** Whether a room belongs to a list (MSC4186, `SlidingRoomFilter`). */
export function matchesFilters(filters: ListFilters, room: ListedRoom, facts: FilterFacts): boolean {
  const { isDm, isEncrypted, isInvited, spaces, roomTypes, notRoomTypes } = filters
  if (isInvited !== undefined && (room.membership === 'invite') !== isInvited) return false
  if (isEncrypted !== undefined && room.isEncrypted !== isEncrypted) return false
  if (roomTypes !== undefined && !roomTypes.includes(room.roomType)) return false
  if (notRoomTypes?.includes(room.roomType)) return false
  if (isDm !== undefined && facts.isDm(room.roomId) !== isDm) return false
  if (spaces !== undefined && !spaces.some((space) => facts.children.get(space)?.has(room.roomId)))
    return false
  return matchesTags(filters, facts.tags.get(room.roomId))
}

function matchesTags({ tags, notTags }: ListFilters, ofRoom: ReadonlySet<string> | undefined): boolean {
  const hasOneOf = (names: readonly string[]) => names.some((name) => ofRoom?.has(name))
  return (tags === undefined || hasOneOf(tags)) && !(notTags !== undefined && hasOneOf(notTags))
}

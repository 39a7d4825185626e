import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Queries } from '../../storage/query.ts'
import { type AccountData, IGNORED_USERS } from './extras.ts'
import { type SyncFilter, withoutIgnored } from './filter.ts'
import { joinedWithIgnored } from './news-store.ts'
import type { RoomPlan } from './plan.ts'
import { membersOfRoomsAt } from './state-store.ts'

// Removes from /sync what a viewer ignores (client-server API, "Ignoring Users"): the events of ignored users, except state
// events, and their invitations. Events missed in that way are not sent later; an initial sync has them.

export function filterWithoutIgnored(filter: SyncFilter, ignored: ReadonlySet<string>): SyncFilter {
  return ignored.size === 0 ? filter : { ...filter, timeline: withoutIgnored(filter.timeline, ignored) }
}

/** Rooms whose counts may have changed, because the ignore list changed. */
export async function recountedRooms(
  q: Queries,
  userId: UserId,
  { accountData, ignored }: { accountData: AccountData; ignored: ReadonlySet<string> },
): Promise<RoomId[]> {
  const isChanged = accountData.of('').some(({ type }) => type === IGNORED_USERS)
  if (!isChanged || ignored.size === 0) return []
  return (await q.all(joinedWithIgnored, { userId })).map((room) => room.room_id)
}

/** The plans without invitations by ignored users. */
export async function withoutTheirInvitations(
  q: Queries,
  userId: UserId,
  { plans, ignored }: { plans: readonly RoomPlan[]; ignored: ReadonlySet<string> },
): Promise<readonly RoomPlan[]> {
  if (ignored.size === 0) return plans
  const invitations = plans.filter((plan) => plan.membership === 'invite')
  const places = invitations.map(({ roomId, upTo: position }) => ({ roomId, userIds: [userId], position }))
  const owns = await membersOfRoomsAt(q, places)
  return plans.filter(({ roomId }) => {
    const [own] = owns.get(roomId) ?? []
    return own === undefined || !ignored.has(own.sender)
  })
}

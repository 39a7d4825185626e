import { INVITE_PERMISSION, UNSTABLE_INVITE_PERMISSION } from '../../accounts/invite-permission.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Queries } from '../../storage/query.ts'
import type { Membership } from '../../storage/rooms-schema.ts'
import type { ListedRoom } from '../room-summaries-store.ts'
import { type AccountData, IGNORED_USERS } from './extras.ts'
import { type SyncFilter, withoutIgnored } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import { membersOfRoomsAt } from './state-store.ts'

// Removes from /sync what a viewer does not want (client-server API, "Ignoring Users", "Invite permission"):
// the events of ignored users, except state events, their invitations, and all invitations if the viewer
// blocks them. Events missed in that way are not sent later; an initial sync has them. Invitations come back
// when nothing hides them any more.

export function filterWithoutIgnored(filter: SyncFilter, ignored: ReadonlySet<string>): SyncFilter {
  return ignored.size === 0 ? filter : { ...filter, timeline: withoutIgnored(filter.timeline, ignored) }
}

/**
 * Whether the account data changes what is hidden. Then the counts of all joined rooms may differ, and
 * invitations may appear.
 */
export const changesHidden = (accountData: AccountData): boolean =>
  accountData.of('').some(({ type }) => typeof type === 'string' && HIDING_TYPES.has(type))

const HIDING_TYPES: ReadonlySet<string> = new Set([
  IGNORED_USERS,
  INVITE_PERMISSION,
  UNSTABLE_INVITE_PERMISSION,
])

export type Hiding = { ignored: ReadonlySet<string>; blocksInvitations: boolean }

export const isSameHiding = (a: Hiding, b: Hiding): boolean =>
  a.blocksInvitations === b.blocksInvitations &&
  a.ignored.size === b.ignored.size &&
  [...a.ignored].every((userId) => b.ignored.has(userId))

/** The plans without hidden invitations. */
export async function withoutHiddenInvitations(
  q: Queries,
  userId: UserId,
  { plans, ...hiding }: Hiding & { plans: readonly RoomPlan[] },
): Promise<readonly RoomPlan[]> {
  const invitationOf = ({ roomId, membership, upTo: position }: RoomPlan) => ({
    roomId,
    membership,
    position,
  })
  const isHidden = await hiddenAmong(q, { userId, ...hiding }, plans.map(invitationOf))
  return plans.filter(({ roomId }) => !isHidden(roomId))
}

/** The rooms without hidden invitations. */
export async function withoutHidden(
  q: Queries,
  of: Hiding & { userId: UserId },
  rooms: readonly ListedRoom[],
): Promise<readonly ListedRoom[]> {
  const invitationOf = ({ roomId, membership, memberPosition: position }: ListedRoom) => ({
    roomId,
    membership,
    position,
  })
  const isHidden = await hiddenAmong(q, of, rooms.map(invitationOf))
  return rooms.filter(({ roomId }) => !isHidden(roomId))
}

/** `position`: that of the user's member event. */
type RoomOfUser = { roomId: RoomId; membership: Membership; position: number }

async function hiddenAmong(
  q: Queries,
  { userId, ignored, blocksInvitations }: Hiding & { userId: UserId },
  rooms: readonly RoomOfUser[],
): Promise<(roomId: RoomId) => boolean> {
  const invitations =
    ignored.size === 0 && !blocksInvitations ? [] : rooms.filter(({ membership }) => membership === 'invite')
  if (invitations.length === 0) return () => false
  if (blocksInvitations) {
    const blocked = new Set(invitations.map(({ roomId }) => roomId))
    return (roomId) => blocked.has(roomId)
  }
  const places = invitations.map(({ roomId, position }) => ({ roomId, userIds: [userId], position }))
  const owns = await membersOfRoomsAt(q, places)
  return (roomId) => ignored.has(owns.get(roomId)?.[0]?.sender ?? '')
}

import { INVITE_PERMISSION, UNSTABLE_INVITE_PERMISSION } from '../../accounts/invite-permission.ts'
import type { UserId } from '../../lib/ids.ts'
import type { Queries } from '../../storage/query.ts'
import { type AccountData, IGNORED_USERS } from './extras.ts'
import { type SyncFilter, withoutIgnored } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import { membersOfRoomsAt } from './state-store.ts'

// Removes from /sync what a viewer does not want (client-server API, "Ignoring Users", "Invite permission"): the events of ignored users,
// except state events, their invitations, and all invitations if the viewer blocks them. Events missed in that way are not sent later; an
// initial sync has them. Invitations come back when nothing hides them any more.

export function filterWithoutIgnored(filter: SyncFilter, ignored: ReadonlySet<string>): SyncFilter {
  return ignored.size === 0 ? filter : { ...filter, timeline: withoutIgnored(filter.timeline, ignored) }
}

/** Whether the account data changes what is hidden. Then the counts of all joined rooms may differ, and invitations may appear. */
export const changesHidden = (accountData: AccountData): boolean =>
  accountData.of('').some(({ type }) => typeof type === 'string' && HIDING_TYPES.has(type))

const HIDING_TYPES: ReadonlySet<string> = new Set([
  IGNORED_USERS,
  INVITE_PERMISSION,
  UNSTABLE_INVITE_PERMISSION,
])

export type Hiding = { ignored: ReadonlySet<string>; blocksInvitations: boolean }

/** The plans without hidden invitations. */
export async function withoutHiddenInvitations(
  q: Queries,
  userId: UserId,
  { plans, ignored, blocksInvitations }: Hiding & { plans: readonly RoomPlan[] },
): Promise<readonly RoomPlan[]> {
  if (blocksInvitations) return plans.filter((plan) => plan.membership !== 'invite')
  if (ignored.size === 0) return plans
  const invitations = plans.filter((plan) => plan.membership === 'invite')
  const places = invitations.map(({ roomId, upTo: position }) => ({ roomId, userIds: [userId], position }))
  const owns = await membersOfRoomsAt(q, places)
  return plans.filter(({ roomId }) => {
    const [own] = owns.get(roomId) ?? []
    return own === undefined || !ignored.has(own.sender)
  })
}

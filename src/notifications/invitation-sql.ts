import { type RawBuilder, sql } from 'kysely'

// The invitation of a user to a room is the event of the current membership, as in /sync: the row `m` of `memberships`,
// with position `m.position`. It replaces an earlier invitation, whose sender and outcome no longer count.

/**
 * Whether `m` is an invitation that notified the user. A redaction does not change that, because the user is
 * still invited.
 */
export const isNotifyingInvitation = sql<boolean>`m.membership = 'invite' and exists (select 1 from exceptions as e
  where e.user_id = m.user_id and e.room_id = m.room_id and e.position = m.position and e.notify = 1)`

/** Whether `m` is an invitation by one of these users. */
export function isInvitationBy(people: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`m.membership = 'invite' and exists (select 1 from events as v
    where v.position = m.position and v.sender in ${people})`
}

/** Whether the row of `exceptions` belongs to the current invitation. */
export const isOfInvitation = sql<boolean>`exists (select 1 from memberships as m
  where m.user_id = exceptions.user_id and m.room_id = exceptions.room_id
    and m.membership = 'invite' and m.position = exceptions.position)`

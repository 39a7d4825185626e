import { type RawBuilder, sql } from 'kysely'

// The invitation of a user to a room is the event of their present membership, as in /sync: the row `m` of `memberships`,
// and `m.position`. An invitation before it is replaced; its sender and what it meant to the user no longer count.

/** Whether `m` is an invitation of which the user was notified. A redaction does not change that: they are invited still. */
export const toldOfInvitation = sql<boolean>`m.membership = 'invite' and exists (select 1 from exceptions as e
  where e.user_id = m.user_id and e.room_id = m.room_id and e.position = m.position and e.notify = 1)`

/** Whether `m` is an invitation by one of these people. */
export function isInvitationBy(people: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`m.membership = 'invite' and exists (select 1 from events as v
    where v.position = m.position and v.sender in ${people})`
}

/** Whether the row of `exceptions` is of an invitation that stands. */
export const isOfInvitation = sql<boolean>`exists (select 1 from memberships as m
  where m.user_id = exceptions.user_id and m.room_id = exceptions.room_id
    and m.membership = 'invite' and m.position = exceptions.position)`

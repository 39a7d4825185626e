import type { Event } from '../../../lib/matrix-event.ts'

/** The users whose events and memberships a timeline shows. */
export function usersOfTimeline(events: readonly Event[]): Set<string> {
  const users = new Set<string>(events.map(({ sender }) => sender))
  for (const { type, stateKey } of events)
    if (type === 'm.room.member' && stateKey !== null) users.add(stateKey)
  return users
}

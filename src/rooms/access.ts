import { forbidden } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { historiesOf } from './history-store.ts'
import { membershipIn } from './membership-store.ts'
import { leftAt, type Span, visibleSpans } from './visibility.ts'

/** What a user may read of a room. */
export type RoomAccess = {
  spans: readonly Span[]
  /** Of one who has left: the position of the event with which they did; the room's state is as it was then. */
  stateAt: number | undefined
}

/**
 * What a user may read of a room: members what the history visibility lets them, past members the room as it was when
 * they left, everybody else only what was sent while the history was world readable.
 * @throws 403 M_FORBIDDEN when that is nothing; also for a room that does not exist or that the user has forgotten
 */
export async function accessTo(q: Queries, userId: UserId, roomId: RoomId): Promise<RoomAccess> {
  const member = await membershipIn(q, roomId, userId)
  const history = (await historiesOf(q, userId, [roomId])).get(roomId)
  const spans = history ? visibleSpans(history) : []
  if (member?.membership === 'join') return { spans, stateAt: undefined }
  const peeking = history?.settings.at(-1)?.visibility === 'world_readable'
  if (peeking) return { spans, stateAt: undefined }
  const left = history && leftAt(history.memberships)
  if (left !== undefined && member?.forgotten !== 1) return { spans, stateAt: left }
  throw forbidden('You are not a member of this room')
}

/**
 * @throws 403 M_FORBIDDEN unless the user is in the room now
 * @returns the position of their latest member event
 */
export async function requireJoined(q: Queries, userId: UserId, roomId: RoomId): Promise<number> {
  const member = await membershipIn(q, roomId, userId)
  if (member?.membership !== 'join') throw forbidden('You are not in this room')
  return member.position
}

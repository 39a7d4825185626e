import { forbidden } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { historiesOf } from './history-store.ts'
import { membershipIn } from './membership-store.ts'
import { leftAt, type Span, visibleSpans } from './visibility.ts'

/** The read access of a user to a room. */
export type RoomAccess = {
  spans: readonly Span[]
  /**
   * For a user who has left: the position of the event that ended the stay. The user sees the room's state at
   * this position.
   */
  stateAt: number | undefined
}

/**
 * The read access of a user to a room. Members read what the history visibility allows, past members read the
 * room as it was when they left, and other users read only events sent while the history was world readable.
 * @throws 403 M_FORBIDDEN when the user may read nothing, when the room does not exist or when the user has
 *   forgotten it
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
 * @throws 403 M_FORBIDDEN unless the user is a joined member now
 * @returns the position of the user's latest member event
 */
export async function requireJoined(q: Queries, userId: UserId, roomId: RoomId): Promise<number> {
  const member = await membershipIn(q, roomId, userId)
  if (member?.membership !== 'join') throw forbidden('You are not in this room')
  return member.position
}

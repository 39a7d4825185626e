import { badJson, forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Membership } from '../storage/schema.ts'
import type { Powers } from './power-levels.ts'

/** What the rules look at of the event that asks to be let in. */
export type Candidate = Pick<Event, 'type' | 'sender' | 'content'> & {
  /** undefined: not a state event. */
  stateKey: string | undefined
}

/** What they look at of the room. `created` is false only for the create event itself. */
export type AuthState = Powers & {
  /** The sender of `m.room.create`. */
  creator: UserId
  created: boolean
  /** Nothing but the create event came before. */
  onlyCreated: boolean
  joinRules: JsonObject | undefined
  senderMembership: Membership | undefined
  /** Of the user that a member event is about. */
  targetMembership: Membership | undefined
  /** Whether the server itself has named a joined member in `join_authorised_via_users_server`. */
  authoriserJoined: boolean
}

/** `malformed`: no sender could send this content, whatever their power level. */
export type EventAuthResult = { allowed: true } | { allowed: false; reason: string; malformed?: true }

export const ALLOWED: EventAuthResult = { allowed: true }
export const refused = (reason: string): EventAuthResult => ({ allowed: false, reason })
export const malformed = (reason: string): EventAuthResult => ({ allowed: false, reason, malformed: true })

/** @throws MatrixError 403 M_FORBIDDEN for what the sender may not do; 400 M_BAD_JSON for malformed content */
export function requireAllowed(result: EventAuthResult): void {
  if (!result.allowed) throw result.malformed ? badJson(result.reason) : forbidden(result.reason)
}

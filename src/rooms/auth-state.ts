import { badJson, forbidden } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import type { Powers } from './power-levels.ts'

/** The part of an event that the authorisation rules read. */
export type Candidate = Pick<Event, 'type' | 'sender' | 'content'> & {
  /** undefined: the event is not a state event. */
  stateKey: string | undefined
}

/** The part of a room that the authorisation rules read. `created` is false only for the create event itself. */
export type AuthState = Powers & {
  /** The sender of `m.room.create`. */
  creator: UserId
  created: boolean
  /** The create event is the only earlier event. */
  onlyCreated: boolean
  joinRules: JsonObject | undefined
  senderMembership: Membership | undefined
  /** The membership of the user in the state key of a member event. */
  targetMembership: Membership | undefined
  /** Whether this server itself has named a joined member in `join_authorised_via_users_server`. */
  authoriserJoined: boolean
}

/** `malformed`: no sender may send this content, at any power level. */
export type EventAuthResult = { allowed: true } | { allowed: false; reason: string; malformed?: true }

export const ALLOWED: EventAuthResult = { allowed: true }
export const refused = (reason: string): EventAuthResult => ({ allowed: false, reason })
export const malformed = (reason: string): EventAuthResult => ({ allowed: false, reason, malformed: true })

/** @throws MatrixError 403 M_FORBIDDEN when the rules refuse the sender; 400 M_BAD_JSON for malformed content */
export function requireAllowed(result: EventAuthResult): void {
  if (!result.allowed) throw result.malformed ? badJson(result.reason) : forbidden(result.reason)
}

import type { JsonObject } from '../lib/json.ts'
import type { RoomId, UserId } from '../lib/ids.ts'

export type FactsWanted = {
  userId: UserId
  /** Absent: only the badge is wanted. */
  event: { roomId: RoomId; threadId: string; position: number } | undefined
}

/** The facts about an event and one of its recipients that can change after the event was sent. */
export type RecipientFacts = {
  /** By the position of its thread or of all threads. False for a user who is only invited or not a member. */
  isRead: boolean
  /**
   * Undefined when no rule notified the user or the user's cohort of the event, or when the event was
   * redacted and is not the current invitation. It does not say whether the user is a member, or whether
   * another user sent the event.
   */
  outcome: StoredOutcome | undefined
  /** The number for the app icon of the user; 0 for a user without pushers. */
  badge: number
}

/** The outcome at the time of the event. */
export type StoredOutcome = {
  notify: boolean
  highlight: boolean
  /** The actions as written in the rule. */
  actions: readonly (string | JsonObject)[]
  rule: { kind: string; ruleId: string } | null
}

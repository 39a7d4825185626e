import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'

/** An event that has just been given its position, as far as counting needs it. */
export type NotifiableEvent = {
  position: number
  eventId: EventId
  roomId: RoomId
  type: string
  /** null: not a state event. */
  stateKey: string | null
  sender: UserId
  content: JsonObject
  /** 'main', or the event id of the thread's root. */
  threadId: string
  /** Milliseconds since the Unix epoch. */
  originServerTs: number
}

/** The room as it was when the event was sent. */
export type RoomContext = {
  /** Joined members. */
  memberCount: number
  /** The content of `m.room.power_levels`; undefined: there is no such event. */
  powerLevels: JsonObject | undefined
  /** Who stands above all power levels (from room version 12 on); else nobody. */
  creators: readonly UserId[]
  creator: UserId
  /** `rooms.rules_version` right after the event. */
  rulesVersion: number
  /** Whether anybody at all ignores the author. */
  senderIgnored: boolean
}

/** The thread of what belongs to no thread (client-server API, "Threading"). */
export const MAIN_THREAD = 'main'
/** Stands for all threads in a reading position. */
export const ALL_THREADS = ''

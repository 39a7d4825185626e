import type { RoomId, UserId } from '../lib/ids.ts'

/** A room upgrade that still has bans and rooms of a space to copy (`rooms/upgrade-carry.ts`). */
export type RoomUpgradesTable = {
  new_room_id: RoomId
  old_room_id: RoomId
  /** The user who has upgraded the room. */
  user_id: UserId
  /** The last one that was copied, or could not be copied. */
  after: string
}

export type RoomUpgradesSchema = {
  room_upgrades: RoomUpgradesTable
}

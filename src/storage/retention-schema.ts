import type { RoomId } from '../lib/ids.ts'

/** Rooms of which old events were removed. Events up to `swept_to` are state, or are kept for another reason. */
export type RoomRetentionTable = { room_id: RoomId; swept_to: number }

export type RetentionSchema = {
  room_retention: RoomRetentionTable
}

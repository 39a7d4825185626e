import { type RawBuilder, sql } from 'kysely'

/**
 * The types of events that move a room up in room lists (MSC4186, `bump_stamp`). Migration 25 contains them
 * as well.
 */
export const BUMP_TYPES: readonly string[] = [
  'm.room.create',
  'm.room.message',
  'm.room.encrypted',
  'm.sticker',
  'm.call.invite',
  'm.poll.start',
  'm.beacon_info',
]

/**
 * The position of the last such event of a room up to `upTo`, computed from the events. Each event stores it
 * in `bump_position`; this is for events of versions that did not. Costs as many rows as events follow it.
 */
export const lastBump = (roomId: RawBuilder<unknown>, upTo: RawBuilder<unknown>) => sql<number | null>`(
  select b.position from events as b where b.room_id = ${roomId} and b.position <= ${upTo}
  and b.type in (${sql.join(BUMP_TYPES.map((type) => sql.lit(type)))}) order by b.position desc limit 1)`

import { sql } from 'kysely'
import type { RoomId } from '../../lib/ids.ts'
import { type Queries, query } from '../../storage/query.ts'
import { EVENT_FRAME_BYTES } from '../scan-timeline.ts'
import type { SyncFilter } from './filter.ts'
import type { PlannedRoom } from './joined-room.ts'
import { rangeOf, timelineLimit } from './room-timeline.ts'

/** An estimate for the stripped state of an invitation. */
const STRIPPED_BYTES = 1024
/** An estimate for a member event. */
const MEMBER_BYTES = 400

/** Estimates the bytes of each room in the response, before its events are read. One room is not measured. */
export async function sizesOf(
  q: Queries,
  rooms: readonly Pick<PlannedRoom, 'plan'>[],
  filter: Pick<SyncFilter, 'state' | 'timeline'>,
): Promise<Map<RoomId, number>> {
  const sizes = new Map<RoomId, number>()
  if (rooms.length <= 1) return sizes
  const ranges = rooms.flatMap(({ plan }) => {
    sizes.set(plan.roomId, STRIPPED_BYTES)
    if (plan.membership === 'invite' || plan.membership === 'knock') return []
    const { after, upTo } = rangeOf(plan)
    const whole = plan.state === 'full' ? 1 : 0
    return [{ room_id: plan.roomId, low: after, high: upTo, whole }]
  })
  const members = filter.state.lazyLoadMembers ? 0 : MEMBER_BYTES
  const limit = timelineLimit(filter.timeline) + 1
  const rows =
    ranges.length === 0 ? [] : await q.all(roomSizes, { ranges, limit, members, frame: EVENT_FRAME_BYTES })
  for (const { room_id: roomId, bytes } of rows) sizes.set(roomId, bytes)
  return sizes
}

type RangeRow = { room_id: RoomId; low: number; high: number; whole: number }
type Sizes = { ranges: readonly RangeRow[]; limit: number; members: number; frame: number }

/** `members`: the bytes of one member event; 0: members are not counted. */
export const roomSizes = query<Sizes>()((db, p, d) => {
  const frame = d.integer(p.frame)
  const timeline = sql<number>`coalesce((select sum(t.bytes + ${frame}) from (
    select octet_length(e.content) as bytes from events as e
    where e.room_id = r.room_id and e.position > r.low and e.position <= r.high
    order by e.position desc limit ${p.limit}) as t), 0)`
  const members = sql<number>`(select count(*) from current_state as s
    where s.room_id = r.room_id and s.type = 'm.room.member' and r.whole = 1 and ${d.integer(p.members)} > 0)`
  return db
    .selectFrom(
      d.rows(p.ranges, { room_id: 'text', low: 'integer', high: 'integer', whole: 'integer' }).as('r'),
    )
    .innerJoin('rooms', 'rooms.room_id', 'r.room_id')
    .select([
      'r.room_id',
      sql<number>`${timeline} + r.whole * (rooms.state_bytes + rooms.state_events * ${frame})
        + ${members} * ${d.integer(p.members)}`.as('bytes'),
    ])
})

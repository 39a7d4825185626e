import { type RawBuilder, sql } from 'kysely'
import type { RoomId } from '../../lib/ids.ts'
import type { QueryBuilder } from '../../storage/query-builder.ts'
import { type Dialect, type Queries, query } from '../../storage/query.ts'
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
  if (ranges.length === 0) return sizes
  const of = { ranges, limit: timelineLimit(filter.timeline) + 1, frame: EVENT_FRAME_BYTES }
  const rows = filter.state.lazyLoadMembers
    ? await q.all(roomSizes, of)
    : await q.all(roomSizesWithMembers, { ...of, member: MEMBER_BYTES })
  for (const { room_id: roomId, bytes } of rows) sizes.set(roomId, bytes)
  return sizes
}

type RangeRow = { room_id: RoomId; low: number; high: number; whole: number }
type Sizes = { ranges: readonly RangeRow[]; limit: number; frame: number }

const sizesWith = (
  db: QueryBuilder,
  { p, d, members }: { p: Sizes; d: Dialect; members: RawBuilder<number> },
) => {
  const frame = d.integer(p.frame)
  const timeline = sql<number>`coalesce((select sum(t.bytes + ${frame}) from (
    select octet_length(e.content) as bytes from events as e
    where e.room_id = r.room_id and e.position > r.low and e.position <= r.high
    order by e.position desc limit ${p.limit}) as t), 0)`
  return db
    .selectFrom(
      d.rows(p.ranges, { room_id: 'text', low: 'integer', high: 'integer', whole: 'integer' }).as('r'),
    )
    .innerJoin('rooms', 'rooms.room_id', 'r.room_id')
    .select([
      'r.room_id',
      sql<number>`${timeline} + r.whole * (rooms.state_bytes + rooms.state_events * ${frame})
        + ${members}`.as('bytes'),
    ])
}

export const roomSizes = query<Sizes>()((db, p, d) => sizesWith(db, { p, d, members: sql.lit(0) }))

/** With the members of a whole state. `member`: the bytes of one member event. */
export const roomSizesWithMembers = query<Sizes & { member: number }>()((db, p, d) => {
  const members = sql<number>`(select count(*) from current_state as s
    where s.room_id = r.room_id and s.type = 'm.room.member' and r.whole = 1) * ${d.integer(p.member)}`
  return sizesWith(db, { p, d, members })
})

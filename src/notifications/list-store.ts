import { type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import { earlierOf, laterOf, intervalsWhere } from './cohort-interval-sql.ts'

/** `before`: a position; only older entries are returned. `limit`: the maximum number of rows. */
type Page = { userId: UserId; before: number; limit: number }
type PageOf = Page & { roomIds: readonly RoomId[] }

export type NotificationRow = {
  position: number
  room_id: RoomId
  thread_id: string
  event_id: EventId
  origin_server_ts: number
  actions: string
  /** Null when no rule decided, but another condition. */
  rule_kind: string | null
  rule_id: string | null
}

/** The intervals (`cohort-interval-sql.ts`) of all rooms of the user, or of some of them. */
function intervals(p: Page, rooms: RawBuilder<unknown> = sql``): RawBuilder<unknown> {
  return sql`s as materialized (${intervalsWhere(sql`r.user_id = ${p.userId} and r.thread_id = ''${rooms}`)})`
}

/**
 * Whether the outcome `o` of the event `v` notified the member during the interval `s`. It belongs to the
 * cohort of the interval, is later than the join, has another sender, is not redacted, and the member has no
 * exception for it.
 */
function notifiesMember(p: Page, d: Dialect, onlyHighlights: boolean): RawBuilder<boolean> {
  const from = laterOf(sql`s.joined_at`, sql`s.starts`)
  const to = earlierOf(sql`s.ends`, sql<number>`${d.integer(p.before)} - 1`)
  return sql<boolean>`o.room_id = s.room_id and o.cohort = s.cohort and o.retracted = 0
    ${onlyHighlights ? sql`and o.highlight = 1` : sql``}
    and o.position > ${from} and o.position <= ${to} and v.sender <> ${p.userId}
    and not exists (select 1 from exceptions as e
      where e.user_id = ${p.userId} and e.room_id = o.room_id and e.position = o.position)
    and not ${isIgnored(p)}`
}

/** Events of ignored users are not listed while they are ignored, even events that were read before. */
function isIgnored(p: Page): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from ignored_users as i where i.user_id = ${p.userId} and i.ignored = v.sender)`
}

/** The newest rows; with an `offset`, the row that many places further back. */
function newestPosition(p: Page, d: Dialect, onlyHighlights: boolean): RawBuilder<number> {
  return sql<number>`select o.position from cohort_outcomes as o join events as v on v.position = o.position
    where ${notifiesMember(p, d, onlyHighlights)} order by o.position desc limit 1`
}

/**
 * The joined rooms with the newest notifications, as many as the page has rows. No other room can have an
 * entry on the page.
 */
const newestRooms = (onlyHighlights: boolean) =>
  query<Page>()<{ room_id: RoomId }>((db, p, d) => {
    const rows = sql<{ room_id: RoomId }>`
      with ${intervals(p)}
      select n.room_id from (
        select s.room_id, (${newestPosition(p, d, onlyHighlights)}) as newest from s
      ) as n
      where n.newest is not null
      group by n.room_id order by max(n.newest) desc limit ${d.integer(p.limit)}`
    return { compile: () => rows.compile(db) }
  })

export const roomsWithNotifications = newestRooms(false)
export const roomsWithHighlights = newestRooms(true)

/**
 * The rows of the page in these rooms. Each interval is read only as far as the page can hold. `o` comes from
 * a covering index; `w` is its row.
 */
const newestOfRooms = (onlyHighlights: boolean) =>
  query<PageOf>()<NotificationRow>((db, p, d) => {
    const last = sql<number>`(${newestPosition(p, d, onlyHighlights)} offset ${d.integer(p.limit)} - 1)`
    const rows = sql<NotificationRow>`
      with ${intervals(p, sql` and r.room_id in ${d.list(p.roomIds)}`)},
        r as materialized (select s.*, coalesce(${last}, 0) as oldest from s)
      select o.position, o.room_id, w.thread_id, v.event_id, v.origin_server_ts, w.actions, w.rule_kind, w.rule_id
      from r as s join cohort_outcomes as o on o.room_id = s.room_id and o.position >= s.oldest
        join events as v on v.position = o.position
        join cohort_outcomes as w
          on w.room_id = o.room_id and w.cohort = o.cohort and w.position = o.position
      where ${notifiesMember(p, d, onlyHighlights)}
      order by o.position desc limit ${d.integer(p.limit)}`
    return { compile: () => rows.compile(db) }
  })

export const notificationsOfRooms = newestOfRooms(false)
export const highlightsOfRooms = newestOfRooms(true)

/** Events that notified only this user: mentions, and current invitations. Redacted mentions are left out. */
const newestOwn = (onlyHighlights: boolean) =>
  query<Page>()((db, p, d) => {
    const rows = db
      .selectFrom('exceptions as e')
      .innerJoin('events as v', 'v.position', 'e.position')
      .where('e.user_id', '=', p.userId)
      .where('e.position', '<', p.before)
      .where('e.notify', '=', 1)
      .where('v.redacted_by', 'is', null)
      .where(sql<boolean>`not ${isIgnored(p)}`)
      .select(['e.position', 'e.room_id', 'e.thread_id', 'v.event_id', 'v.origin_server_ts'])
      .select(['e.actions', 'e.rule_kind', 'e.rule_id'])
      .orderBy('e.position', 'desc')
      .limit(d.integer(p.limit))
    return onlyHighlights ? rows.where('e.highlight', '=', 1) : rows
  })

export const ownNotifications = newestOwn(false)
export const ownHighlights = newestOwn(true)

export const readPositionsIn = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('read_positions')
    .select(['room_id', 'thread_id', 'position'])
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>),
)

import type { Quotas } from '../config/limits-schema.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidParam, MatrixError, notFound, tooMany } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Log } from '../lib/log.ts'
import { clientEvent } from '../lib/matrix-event.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { requireJoined } from './access.ts'
import { accountExists, deleteReport, otherReports, reportsAfter, upsertReport } from './reports-store.ts'
import { roomExists } from './room-store.ts'
import { visibleEvent } from './timeline.ts'

// Client-server API, "Reporting Content". The operator reads the reports with `belfry report list`.

export type ReportDeps = { db: Database; clock: Clock; log: Log; quotas: Pick<Quotas, 'reports'> }
/** `reason`: the text of the user; it may be empty. */
type Complaint = { reporter: UserId; reason: string }

const MAX_REASON_LENGTH = 4096

/**
 * Stores a report of an event, with the event as it is now.
 * @throws MatrixError 404 when the reporter is not joined to the room or may not see the event; 400 or 403 as `store`
 */
export function reportEvent(
  deps: ReportDeps,
  { reporter, reason, roomId, eventId }: Complaint & { roomId: RoomId; eventId: EventId },
): Promise<void> {
  return store(deps, { reporter, reason }, async (tx) => {
    // The specification has one error for both, so that a report does not reveal whether a room exists.
    await requireJoined(tx, reporter, roomId).catch((error: unknown) => {
      throw error instanceof MatrixError ? notFound('You are not in this room') : error
    })
    const event = await visibleEvent(tx, reporter, { roomId, eventId })
    const viewer = { userId: reporter, deviceId: null }
    const { unsigned: _unsigned, ...shown } = clientEvent(event, { viewer, now: 0 })
    return { target: eventId, room_id: roomId, event: JSON.stringify(shown) }
  })
}

/**
 * Stores a report of a room. The reporter does not have to be a member.
 * @throws MatrixError 404 when the room does not exist; 400 or 403 as `store`
 */
export function reportRoom(
  deps: ReportDeps,
  { roomId, ...complaint }: Complaint & { roomId: RoomId },
): Promise<void> {
  return store(deps, complaint, async (tx) => {
    if (!(await roomExists(tx, roomId))) throw notFound('There is no room with this id on this server')
    return { target: roomId, room_id: roomId, event: null }
  })
}

/**
 * Stores a report of a user. The reporter does not have to share a room with them.
 * @throws MatrixError 404 when the user does not exist; 400 or 403 as `store`
 */
export function reportUser(
  deps: ReportDeps,
  { userId, ...complaint }: Complaint & { userId: UserId },
): Promise<void> {
  return store(deps, complaint, async (tx) => {
    if (!(await tx.first(accountExists, { userId })))
      throw notFound('There is no user with this id on this server')
    return { target: userId, room_id: null, event: null }
  })
}

type Target = { target: EventId | RoomId | UserId; room_id: RoomId | null; event: string | null }

/** @throws MatrixError 400 when the reason is too long; 403 above the quota */
async function store(
  { db, clock, log, quotas }: ReportDeps,
  { reporter, reason }: Complaint,
  find: (tx: Transaction) => Promise<Target>,
): Promise<void> {
  if (reason.length > MAX_REASON_LENGTH)
    throw invalidParam(`reason must not be longer than ${MAX_REASON_LENGTH} characters`)
  await db.transaction(async (tx) => {
    const target = await find(tx)
    const { count = 0 } = (await tx.first(otherReports, { reporter, target: target.target })) ?? {}
    if (count >= quotas.reports)
      throw tooMany(
        'quotas.reports',
        `You have made ${count} reports that the operator of the server has not closed yet, the maximum`,
      )
    const row = { ...target, reporter, reason, reported_at: clock.now() }
    const stored = await tx.first(upsertReport, row)
    tx.onCommit(() =>
      log.info(
        { report_id: stored?.report_id, reporter, target: target.target, room_id: target.room_id },
        'a user reported content; belfry report list shows it',
      ),
    )
  })
}

/**
 * A report for the operator. `event`: a reported event as it was then. `reported_at`: milliseconds since the
 * Unix epoch.
 */
export type StoredReport = {
  report_id: number
  reporter: UserId
  kind: 'event' | 'room' | 'user'
  target: EventId | RoomId | UserId
  room_id: RoomId | null
  room_name: string | null
  reason: string
  event: JsonObject | null
  reported_at: number
}

export type ReportAdministration = {
  /** All reports, the oldest first. */
  list(): Promise<StoredReport[]>
  /**
   * Deletes a report.
   * @throws MatrixError 404 when there is no report with this number
   */
  close(id: number): Promise<void>
}

const PAGE = 200

/** Reading and closing reports, with or without a running server. */
export function administerReports({ db }: Pick<ReportDeps, 'db'>): ReportAdministration {
  return {
    async list() {
      const reports: StoredReport[] = []
      for (let after = 0; ;) {
        const page = await db.all(reportsAfter, { after, limit: PAGE })
        for (const { event, room_name: name, ...row } of page)
          reports.push({
            ...row,
            kind: row.target.startsWith('@') ? 'user' : row.target.startsWith('!') ? 'room' : 'event',
            room_name: nameIn(name),
            event: event === null ? null : parseStored(event),
          })
        if (page.length < PAGE) return reports
        after = page.at(-1)?.report_id ?? after
      }
    },
    async close(id) {
      const closed = await db.transaction((tx) => tx.run(deleteReport, { id }))
      if (closed === 0) throw notFound(`There is no report ${id}`)
    },
  }
}

function nameIn(content: string | null): string | null {
  const { name } = content === null ? {} : parseStored(content)
  return typeof name === 'string' && name !== '' ? name : null
}

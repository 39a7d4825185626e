import { z } from 'zod'
import { named } from '../../http/response.ts'
import { nothing, time, userId as userIdOf } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { notFound } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import { administerReports, type ReportAdministration, type StoredReport } from '../../rooms/reports.ts'
import type { Database } from '../../storage/database.ts'
import { defineAdminRoute } from '../admin-route.ts'
import { nextPage, pageQuery } from './paging.ts'

const PATH = '/_synapse/admin/v1/event_reports' as const

const reportKeys = () => ({
  id: z.int(),
  received_ts: time(),
  room_id: z.string().nullable(),
  name: z.string().nullable(),
  event_id: z.string(),
  user_id: userIdOf().describe('Who reported the event'),
  reason: z.string(),
  score: z.null(),
  sender: z.string().nullable(),
  canonical_alias: z.null(),
})
const report = named('AdminEventReport', () => z.strictObject(reportKeys()))
const reportList = named('AdminEventReportList', () =>
  z.strictObject({ event_reports: z.array(report()), total: z.int(), next_token: z.int().optional() }),
)
const reportDetails = named('AdminEventReportDetails', () =>
  z.strictObject({
    ...reportKeys(),
    event_json: z.custom<JsonObject>().describe('The event as it was when it was reported'),
  }),
)

/** Reports of events in Synapse's admin API. Those of rooms and users are in `belfry report list`. */
export function eventReportRoutes({ db }: { db: Database }): Route[] {
  const reports = administerReports({ db })
  return [...listRoutes(reports), ...reportRoutes(reports)]
}

function listRoutes(reports: ReportAdministration): Route[] {
  return [
    defineAdminRoute({
      method: 'GET',
      path: PATH,
      query: z.object({
        ...pageQuery,
        dir: z.enum(['f', 'b']).default('b'),
        user_id: z.string().optional(),
        room_id: z.string().optional(),
      }),
      summary: 'The reports of events, the newest first',
      response: { 200: reportList },
      async handler({ query }) {
        const all = (await eventReports(reports)).filter(
          (one) =>
            (query.user_id ?? one.reporter) === one.reporter &&
            (query.room_id ?? one.room_id) === one.room_id,
        )
        const sorted = query.dir === 'f' ? all : all.toReversed()
        const page = sorted.slice(query.from, query.from + query.limit)
        return {
          event_reports: page.map(reportView),
          total: all.length,
          ...nextPage('next_token', { from: query.from, total: all.length, count: page.length }),
        }
      },
    }),
  ]
}

function reportRoutes(reports: ReportAdministration): Route[] {
  return [
    defineAdminRoute({
      method: 'GET',
      path: `${PATH}/:reportId`,
      summary: 'A report of an event, with the event',
      response: { 200: reportDetails },
      async handler({ params: { reportId } }) {
        const found = await eventReport(reports, reportId)
        return { ...reportView(found), event_json: found.event ?? {} }
      },
    }),
    defineAdminRoute({
      method: 'DELETE',
      path: `${PATH}/:reportId`,
      summary: 'Deletes a report of an event',
      response: { 200: nothing },
      async handler({ params: { reportId } }) {
        await eventReport(reports, reportId)
        await reports.close(reportId)
        return {}
      },
    }),
  ]
}

/** The number of reports is limited by `quotas.reports` for each user. */
const eventReports = async (reports: ReportAdministration) =>
  (await reports.list()).filter(({ kind }) => kind === 'event')

async function eventReport(reports: ReportAdministration, id: number): Promise<StoredReport> {
  const found = (await eventReports(reports)).find((one) => one.report_id === id)
  if (found === undefined) throw notFound(`There is no report of an event with the number ${id}`)
  return found
}

function reportView(one: StoredReport) {
  const sender = one.event?.['sender']
  return {
    id: one.report_id,
    received_ts: one.reported_at,
    room_id: one.room_id,
    name: one.room_name,
    event_id: one.target,
    user_id: one.reporter,
    reason: one.reason,
    score: null,
    sender: typeof sender === 'string' ? sender : null,
    canonical_alias: null,
  }
}

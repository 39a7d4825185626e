import { z } from 'zod'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { eventIdSchema, roomIdSchema, userIdSchema } from '../http/schema.ts'
import { reportEvent, reportRoom, reportUser, type ReportDeps } from '../rooms/reports.ts'

const room = z.object({ roomId: roomIdSchema })
const reason = z.object({ reason: z.string() })

/** Reports of events, rooms and users (client-server API, "Reporting Content"). */
export function reportRoutes(deps: ReportDeps): Route[] {
  const common = {
    auth: 'user',
    limit: 'default',
    response: { 200: nothing },
    errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
  } as const
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: client('/rooms/:roomId/report'),
      params: room,
      body: reason,
      summary: 'Reports a room to the operator of the server',
      async handler({ requester, params, body }) {
        await reportRoom(deps, { ...params, ...body, reporter: requester.userId })
        return {}
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: client('/rooms/:roomId/report/:eventId'),
      params: room.extend({ eventId: eventIdSchema }),
      body: reason.partial(),
      summary: 'Reports an event of a joined room to the operator of the server',
      async handler({ requester, params, body }) {
        await reportEvent(deps, { ...params, reason: body.reason ?? '', reporter: requester.userId })
        return {}
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: client('/users/:userId/report'),
      params: z.object({ userId: userIdSchema }),
      body: reason,
      summary: 'Reports a user to the operator of the server',
      async handler({ requester, params, body }) {
        await reportUser(deps, { ...params, ...body, reporter: requester.userId })
        return {}
      },
    }),
  ]
}

import { z } from 'zod'
import { client, defineRoute, type Route } from '../http/route.ts'
import { queryInteger, queryPosition } from '../http/schema.ts'
import type { Clock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/json.ts'
import { listNotifications } from '../notifications/list.ts'
import { syncEvents } from '../rooms/client-events.ts'
import { findEvents } from '../rooms/event-store.ts'
import { withinBytes } from '../rooms/timeline.ts'
import type { Database } from '../storage/database.ts'
import { named } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { syncEventSchema } from './event-response.ts'
import { pushAction } from './push-rule-response.ts'
import { roomId, time } from '../http/response-parts.ts'

export type NotificationRouteDeps = { db: Database; clock: Pick<Clock, 'now'>; pageBytes: number }

const DEFAULT_LIMIT = 20
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 100

const query = z.object({
  from: queryPosition({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional(),
  limit: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).default(DEFAULT_LIMIT),
  only: z.enum(['highlight']).optional(),
})

const notificationSchema = named('Notification', () => {
  const kind = z.string().describe('The kind of the deciding rule').optional()
  const ruleId = z.string().describe('The id of the deciding rule').optional()
  return z.strictObject({
    room_id: roomId(),
    ts: time(),
    read: z.boolean(),
    // Stored as JSON. The compiler has no other type for them.
    actions: z.array(pushAction() as z.ZodType<string | JsonObject>),
    event: syncEventSchema(),
    profile_tag: z.null(),
    rule_kind: kind,
    rule_id: ruleId,
    'org.matrix.msc3994.rule_kind': kind,
    'org.matrix.msc3994.rule_id': ruleId,
  })
})
const notificationsSchema = once(() =>
  z.strictObject({
    notifications: z.array(notificationSchema()),
    next_token: z.string().describe('The `from` of the next page; absent on the last page').optional(),
  }),
)

/** The deciding rule under the stable and the unstable names of MSC3994. */
function rulePart({ kind, ruleId }: { kind: string; ruleId: string }) {
  return {
    rule_kind: kind,
    rule_id: ruleId,
    'org.matrix.msc3994.rule_kind': kind,
    'org.matrix.msc3994.rule_id': ruleId,
  }
}

/** `GET /notifications` (client-server API, "Listing Notifications"). */
export function notificationRoutes(deps: NotificationRouteDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/notifications'),
      auth: 'user',
      limit: 'default',
      query,
      summary: 'Your notifications, newest first',
      response: { 200: notificationsSchema },
      handler: ({ query: { from, limit, only }, requester }) =>
        deps.db.snapshot(async (q) => {
          const page = await listNotifications(q, {
            userId: requester.userId,
            limit: Math.min(limit, MAX_LIMIT),
            onlyHighlights: only === 'highlight',
            ...(from === undefined ? {} : { from }),
          })
          const events = await findEvents(
            q,
            page.notifications.map(({ eventId }) => eventId),
          )
          const notifications = withinBytes(page.notifications, deps.pageBytes, (item) =>
            events.get(item.eventId),
          )
          const isCut = notifications.length < page.notifications.length
          const next = isCut ? notifications.at(-1)?.position : page.next
          const found = notifications.flatMap((item) => events.get(item.eventId) ?? [])
          const shown = await syncEvents(q, found, { viewer: requester, now: deps.clock.now() })
          return {
            notifications: notifications.map(({ roomId, originServerTs, read, actions, decision }, at) => ({
              room_id: roomId,
              ts: originServerTs,
              read,
              actions,
              event: shown[at] as JsonObject,
              // Device rules never decide about this list, but some clients require the key.
              profile_tag: null,
              ...(decision.rule === null ? {} : rulePart(decision.rule)),
            })),
            ...(next === undefined ? {} : { next_token: String(next) }),
          }
        }),
    }),
  ]
}

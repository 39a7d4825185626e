import { z } from 'zod'
import { eventStream } from '../http/event-stream.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { createListeners, type InboxStreamDeps, watchInbox } from './inbox-stream.ts'

const params = z.object({
  pushkey: z
    .string()
    .refine((pushkey) => pushkey !== '' && Buffer.byteLength(pushkey) <= 512, 'expected 1 to 512 bytes'),
})

const entryId = /^\d{1,15}$/
const query = z.object({ last_event_id: z.string().regex(entryId, 'expected the id of an event').optional() })

/** The built-in inbox app: its last notifications, newest last, for whoever knows the pushkey; and those to come. */
export function inboxRoutes(deps: InboxStreamDeps): Route[] {
  const listeners = createListeners()
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/inbox/:pushkey',
      auth: 'none',
      limit: 'push',
      params,
      async handler({ params: { pushkey } }) {
        const entries = await deps.store.list(pushkey)
        return {
          notifications: entries.map(({ received_at, notification }) => ({ received_at, notification })),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/inbox/:pushkey/stream',
      auth: 'none',
      limit: 'push',
      params,
      query,
      handler({ params: { pushkey }, query: { last_event_id: asked }, lastEventId, address, signal }) {
        listeners.enter(address, signal)
        // A browser that comes again sends the header, and still has the old query in its URL.
        const given = lastEventId !== undefined && entryId.test(lastEventId) ? lastEventId : asked
        const after = given === undefined ? undefined : Number(given)
        return eventStream(watchInbox(deps, { pushkey, after, signal }))
      },
    }),
  ]
}

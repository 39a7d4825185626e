import { z } from 'zod'
import type { InboxStore } from '../gateway/inbox.ts'
import { defineRoute, type Route } from '../http/route.ts'

const params = z.object({
  pushkey: z
    .string()
    .refine((pushkey) => pushkey !== '' && Buffer.byteLength(pushkey) <= 512, 'expected 1 to 512 bytes'),
})

/** The built-in inbox app: its last notifications, newest last, for whoever knows the pushkey. */
export function inboxRoutes({ store }: { store: InboxStore }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/inbox/:pushkey',
      auth: 'none',
      limit: 'push',
      params,
      async handler({ params: { pushkey } }) {
        const entries = await store.list(pushkey)
        return {
          notifications: entries.map(({ received_at, notification }) => ({ received_at, notification })),
        }
      },
    }),
  ]
}

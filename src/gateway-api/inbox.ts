import { z } from 'zod'
import type { InboxStore } from '../gateway/apps.ts'
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
        return { notifications: await store.list(pushkey) }
      },
    }),
  ]
}

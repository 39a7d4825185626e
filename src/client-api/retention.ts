import { z } from 'zod'
import type { RetentionSettings } from '../config/retention-schema.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { once } from '../lib/once.ts'
import { retentionConfiguration } from '../rooms/retention/effective-policies.ts'
import type { Database } from '../storage/database.ts'

const lifetime = () => z.int().min(0).describe('Milliseconds')

const configuration = once(() =>
  z.strictObject({
    policies: z
      .record(z.string(), z.strictObject({ max_lifetime: lifetime() }))
      .describe('By room: what applies in joined rooms with a policy of their own; `*`: in all others'),
    limits: z.strictObject({
      max_lifetime: z.strictObject({ min: lifetime(), max: lifetime().optional() }),
    }),
  }),
)

/** How long messages are kept (MSC1763). Without retention there is no such endpoint, as with Synapse. */
export function retentionRoutes({ db, settings }: { db: Database; settings: RetentionSettings }): Route[] {
  if (!settings.enabled) return []
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/unstable/org.matrix.msc1763/retention/configuration',
      auth: 'user',
      limit: 'default',
      summary: 'How long messages are kept: by default, in your rooms with a policy, and within which limits',
      response: { 200: configuration },
      handler: ({ requester }) => retentionConfiguration({ db, settings }, requester.userId),
    }),
  ]
}

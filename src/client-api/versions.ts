import { defineRoute, type Route } from '../http/route.ts'
import { z } from 'zod'
import { once } from '../lib/once.ts'

// Clients use these versions to decide about features, such as mentions, threads in receipts and private receipts. The prefixes
// r0 and v3 are both served, so both families are listed.
const VERSIONS = (
  'r0.0.1 r0.1.0 r0.2.0 r0.3.0 r0.4.0 r0.5.0 r0.6.0 r0.6.1 ' +
  'v1.1 v1.2 v1.3 v1.4 v1.5 v1.6 v1.7 v1.8 v1.9 v1.10 v1.11 v1.12 v1.13 v1.14 v1.15 v1.16 v1.17'
).split(' ')

/** For clients that check the flag instead of the version that made the feature stable. */
const UNSTABLE_FEATURES = {
  'org.matrix.msc2285.stable': true,
  'org.matrix.msc3771': true,
  'org.matrix.msc3773': true,
  'org.matrix.msc3881': true,
  'org.matrix.msc3881.stable': true,
  'org.matrix.msc3952_intentional_mentions': true,
  'uk.tcpip.msc4133.stable': true,
}

const versionsSchema = once(() =>
  z.strictObject({
    versions: z.array(z.string()),
    unstable_features: z.record(z.string(), z.boolean()),
  }),
)

/** Features that settings enable. `encryptedEvents`: the default rule of MSC4028. */
type OptionalFeatures = { webPush: boolean; encryptedEvents: boolean }

/** `GET /versions` (client-server API, "API Versions"). */
export function versionsRoutes({ webPush, encryptedEvents }: OptionalFeatures): Route[] {
  const unstable_features = {
    ...UNSTABLE_FEATURES,
    ...(webPush && { 'org.matrix.msc4174': true }),
    // Clients then tell their users that mentions in encrypted rooms arrive.
    ...(encryptedEvents && { 'org.matrix.msc4028': true }),
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/versions',
      auth: 'none',
      limit: 'default',
      summary: 'The supported versions of the specification, and the unstable features',
      response: { 200: versionsSchema },
      handler: () => ({ versions: VERSIONS, unstable_features }),
    }),
  ]
}

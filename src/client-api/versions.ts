import { defineRoute, type Route } from '../http/route.ts'
import { z } from 'zod'
import { once } from '../lib/once.ts'
import { claimedVersions, serves } from './claimed-versions.ts'

/**
 * For clients that check the flag instead of the version that made the feature stable. The features have no
 * endpoints of their own.
 */
const STABLE_FEATURES = [
  'org.matrix.msc2285.stable',
  'org.matrix.msc3771',
  'org.matrix.msc3773',
  'org.matrix.msc3881',
  'org.matrix.msc3881.stable',
  'org.matrix.msc3952_intentional_mentions',
  'org.matrix.msc4380',
  'org.matrix.msc4380.stable',
]

/**
 * Flags for an endpoint: each is set if the endpoint is served. `METHOD /path`, as in the specification or
 * the proposal.
 */
export const FEATURES_OF_ENDPOINTS: Readonly<Record<string, string>> = {
  'org.matrix.simplified_msc3575': 'POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync',
  'org.matrix.msc3440.stable': 'GET /_matrix/client/v1/rooms/{roomId}/threads',
  'org.matrix.msc3856.stable': 'GET /_matrix/client/v1/rooms/{roomId}/threads',
  'org.matrix.msc3916.stable': 'GET /_matrix/client/v1/media/download/{serverName}/{mediaId}',
  'org.matrix.msc3814': 'PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device',
  'org.matrix.msc4306':
    'PUT /_matrix/client/unstable/io.element.msc4306/rooms/{roomId}/thread/{threadRootId}/subscription',
  'uk.tcpip.msc4133': 'DELETE /_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}',
  'uk.tcpip.msc4133.stable': 'DELETE /_matrix/client/v3/profile/{userId}/{keyName}',
}

const versionsSchema = once(() =>
  z.strictObject({
    versions: z.array(z.string()),
    unstable_features: z.record(z.string(), z.boolean()),
  }),
)

/** Features that settings enable. `encryptedEvents`: the default rule of MSC4028. */
type OptionalFeatures = { webPush: boolean; encryptedEvents: boolean }

/**
 * `GET /versions` (client-server API, "API Versions"). `others`: the other routes of the client-server API;
 * the response follows from them.
 */
export function versionsRoutes(others: readonly Route[], features: OptionalFeatures): Route[] {
  const answer = once(() => ({
    versions: claimedVersions(others),
    unstable_features: featuresOf(others, features),
  }))
  return [
    defineRoute({
      method: 'GET',
      path: '/_matrix/client/versions',
      auth: 'none',
      limit: 'default',
      summary: 'The supported versions of the specification, and the unstable features',
      response: { 200: versionsSchema },
      handler: answer,
    }),
  ]
}

function featuresOf(
  routes: readonly Route[],
  { webPush, encryptedEvents }: OptionalFeatures,
): Record<string, true> {
  const served = Object.entries(FEATURES_OF_ENDPOINTS).filter(([, endpoint]) => serves(routes, endpoint))
  const flags = [
    ...STABLE_FEATURES,
    ...served.map(([flag]) => flag),
    ...(webPush ? ['org.matrix.msc4174'] : []),
    // Clients then tell their users that mentions in encrypted rooms arrive.
    ...(encryptedEvents ? ['org.matrix.msc4028'] : []),
  ]
  return Object.fromEntries(flags.map((flag) => [flag, true as const]))
}

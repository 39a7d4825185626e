import { z } from 'zod'
import { repeatedJson } from '../http/body.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { SlidingDeps } from '../rooms/sync/sliding/deps.ts'
import { slidingSync } from '../rooms/sync/sliding/sliding-sync.ts'
import { presenceStates } from './presence-response.ts'
import { remembered, stableBody, stableRules, unstableBody, unstableRules } from './sliding-sync-request.ts'
import { stableResponse, stableRoom, unstableResponse, unstableRoom } from './sliding-sync-response.ts'
import { timeoutSchema } from './sync.ts'

/** A request can name 100 rooms, each with the state that it wants. */
const BODY_BYTES = 262_144

const errors = { 400: ['M_UNKNOWN_POS'] } as const

/** Sliding sync (MSC4186), under its stable path and in the earlier form that Element X and matrix-js-sdk use. */
export function slidingSyncRoutes(deps: SlidingDeps): Route[] {
  return [stableRoute(deps), unstableRoute(deps)]
}

function stableRoute(deps: SlidingDeps): Route {
  const rulesOf = remembered(stableRules)
  return defineRoute({
    method: 'POST',
    path: '/_matrix/client/v4/sync',
    auth: 'user',
    limit: 'sync',
    body: repeatedJson(stableBody, BODY_BYTES),
    summary: 'Changes in the rooms that the client shows; waits until there are some or the timeout ends',
    response: { 200: stableResponse },
    errors,
    handler: ({ body, requester, ending: signal }) =>
      slidingSync(deps, {
        ...rulesOf(body),
        viewer: requester,
        // matrix-nio and others send an empty token for "none".
        pos: body.pos || undefined,
        timeoutMs: body.timeout ?? 0,
        presence: body.set_presence ?? 'online',
        hasCounts: false,
        render: stableRoom,
        signal,
      }),
  })
}

function unstableRoute(deps: SlidingDeps): Route {
  const rulesOf = remembered(unstableRules)
  return defineRoute({
    method: 'POST',
    path: '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync',
    auth: 'user',
    limit: 'sync',
    query: z.object({
      pos: z.string().optional(),
      timeout: timeoutSchema.optional(),
      set_presence: presenceStates.optional(),
    }),
    body: repeatedJson(unstableBody, BODY_BYTES),
    summary: 'The same in the form before MSC4186 was accepted',
    response: { 200: unstableResponse },
    errors,
    handler: ({ body, query, requester, ending: signal }) =>
      slidingSync(deps, {
        ...rulesOf(body),
        viewer: requester,
        pos: query.pos || undefined,
        timeoutMs: query.timeout ?? 0,
        presence: query.set_presence ?? 'online',
        hasCounts: true,
        render: unstableRoom,
        txnId: body.txn_id || undefined,
        signal,
      }),
  })
}

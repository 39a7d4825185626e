import type { Config } from '../config/schema.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createShares, type Refusal } from '../lib/shares.ts'
import { addressGroup } from './address.ts'
import { holdsNothing, type RequestContext } from './context.ts'
import type { UnreadResponses } from './unread-responses.ts'

/**
 * The resources that requests in flight use: their number, and the bytes of their bodies and responses. Each
 * is limited.
 */
export type Load = {
  /** Counts the request for its address. @throws MatrixError 429 */
  admit(context: RequestContext): void
  /** Counts the request for its user. @throws MatrixError 429 */
  admitUser(context: RequestContext): void
  /** Counts received bytes of the body until the request ends. @throws MatrixError 429 */
  holdBody(context: RequestContext, bytes: number): void
  /** Frees everything that the request holds, when it ends. */
  release(context: RequestContext): void
  readonly bodyBytes: number
  readonly responses: UnreadResponses
}

const TRY_AGAIN_MS = 1000

export function createLoad(limits: Config['limits'], responses: UnreadResponses): Load {
  const ofAddresses = createShares({
    perKey: limits.requests_in_flight_per_address,
    inSum: limits.requests_in_flight,
  })
  const ofUsers = createShares({ perKey: limits.requests_in_flight_per_user, inSum: Infinity })
  const bodies = createShares({
    // One body of the maximum size must always be allowed.
    perKey: Math.max(limits.body_bytes_in_flight_per_address, 2 * limits.body_bytes),
    inSum: Math.max(limits.body_bytes_in_flight, 2 * limits.body_bytes),
  })
  return {
    admit(context) {
      const refused = ofAddresses.take(groupOf(context), 1)
      if (refused) throw limitExceeded(TRY_AGAIN_MS, tooMany('requests', 'address', refused))
      context.holds.place = true
    },
    admitUser(context) {
      const { requester, holds } = context
      if (requester === undefined) return
      const refused = ofUsers.take(requester.userId, 1)
      if (refused) throw limitExceeded(TRY_AGAIN_MS, tooMany('requests', 'user', refused))
      holds.userPlace = requester.userId
    },
    holdBody(context, bytes) {
      const refused = bodies.take(groupOf(context), bytes)
      if (refused) throw limitExceeded(TRY_AGAIN_MS, tooMany('bytes of request bodies', 'address', refused))
      context.holds.bodyBytes += bytes
    },
    release(context) {
      const { holds } = context
      if (holds.place) ofAddresses.give(groupOf(context), 1)
      if (holds.userPlace !== undefined) ofUsers.give(holds.userPlace, 1)
      if (holds.bodyBytes > 0) bodies.give(groupOf(context), holds.bodyBytes)
      context.holds = holdsNothing()
    },
    get bodyBytes() {
      return bodies.held
    },
    responses,
  }
}

const groupOf = (context: RequestContext) => addressGroup(context.address)

function tooMany(what: string, whose: 'address' | 'user', refused: Refusal): string {
  return refused === 'key'
    ? `Too many ${what} of your ${whose} are in flight; wait for their responses`
    : `Too many ${what} are in flight on this server; try again in a moment`
}

import type { Unwritten } from '../gateway/accept.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { parseNotification } from '../gateway/notification.ts'
import { z } from 'zod'
import { addressGroup } from '../http/address.ts'
import type { RateLimiter } from '../http/rate-limit.ts'
import { once } from '../lib/once.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { jsonObject } from '../http/schema.ts'
import type { NotifyMetrics } from './notify-metrics.ts'

const PATH = '/_matrix/push/v1/notify'
const BODY_LIMIT = 512 * 1024

const rejected = once(() =>
  z.strictObject({ rejected: z.array(z.string().describe('A pushkey whose pusher is to be removed')) }),
)
const discovery = once(() =>
  z.strictObject({ unifiedpush: z.strictObject({ gateway: z.literal('matrix') }) }),
)

export type GatewayApiDeps = {
  gateway: Pick<Gateway, 'notify' | 'notifyOwn'>
  metrics: NotifyMetrics
  limiter: RateLimiter
}

/** Push Gateway API: `POST /notify`, and the discovery of UnifiedPush on the same path. */
export function gatewayRoutes({ gateway, metrics, limiter }: GatewayApiDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: PATH,
      auth: 'none',
      limit: 'push',
      body: { kind: 'foreign json', schema: jsonObject, limit: BODY_LIMIT },
      summary: 'Hands a notification to the devices that it names',
      response: { 200: rejected },
      onServed: (status, seconds) => metrics.responded(status, seconds),
      handler: (context) => {
        const { body, address } = context
        const { notification, malformed } = parseNotification(body)
        // The log of a request is created when it is read.
        if (malformed > 0)
          context.log.warn(
            { devices: malformed },
            'notification contains devices without app_id or pushkey; they are skipped',
          )
        // The rate limiter counted the call as one. The cost depends on the number of devices.
        const more = notification.devices.length + malformed - 1
        if (more > 0) limiter.address('push', address, more)
        const from = { isOwn: false, address: addressGroup(address) }
        return metrics.during(notification, gateway.notify(notification, from))
      },
    }),
    defineRoute({
      method: 'GET',
      path: PATH,
      auth: 'none',
      limit: 'push',
      summary: 'Discovery of the gateway for distributors of UnifiedPush',
      response: { 200: discovery },
      handler: () => ({ unifiedpush: { gateway: 'matrix' as const } }),
    }),
  ]
}

export type OwnResponse = { status: number; body: unknown; unwritten?: Unwritten }

/**
 * The gateway for pokes of this server itself: the function of `POST /notify` without HTTP. `isRecorded`: the
 * caller passes `unwritten` of the response to `Gateway.record`.
 */
export function ownGateway({
  gateway,
  metrics,
}: Pick<GatewayApiDeps, 'gateway' | 'metrics'>): (
  body: unknown,
  userId?: string,
  isRecorded?: boolean,
) => Promise<OwnResponse> {
  return async (body, userId, isRecorded = false) => {
    const { notification } = parseNotification(body)
    const response: { rejected: string[]; unwritten?: Unwritten } = await metrics.during(
      notification,
      isRecorded
        ? gateway.notifyOwn(notification, userId)
        : gateway.notify(notification, { isOwn: true, userId }),
    )
    const { unwritten, ...rest } = response
    return { status: 200, body: rest, ...(unwritten && { unwritten }) }
  }
}

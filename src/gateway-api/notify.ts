import { parseNotification } from '../gateway/notification.ts'
import { notify, type NotifyDeps } from '../gateway/notify.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { jsonObject } from '../http/schema.ts'

const PATH = '/_matrix/push/v1/notify'
const BODY_LIMIT = 512 * 1024

/** Push Gateway API: `POST /notify`, and what UnifiedPush asks of the same path to find a gateway. */
export function gatewayRoutes(deps: NotifyDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: PATH,
      auth: 'none',
      limit: 'push',
      bodyLimit: BODY_LIMIT,
      body: jsonObject,
      handler: ({ body }) => notify(deps, parseNotification(body)),
    }),
    defineRoute({
      method: 'GET',
      path: PATH,
      auth: 'none',
      limit: 'push',
      handler: () => ({ unifiedpush: { gateway: 'matrix' } }),
    }),
  ]
}

/** The gateway for pokes of this very server: what `POST /notify` does, without HTTP. */
export function ownGateway(deps: NotifyDeps): (body: unknown) => Promise<{ status: number; body: unknown }> {
  return async (body) => ({ status: 200, body: await notify(deps, parseNotification(body)) })
}

import { z } from 'zod'
import { named } from '../http/response.ts'
import { defineRoute, type Route } from '../http/route.ts'
import type { Clock } from '../lib/clock.ts'
import { once } from '../lib/once.ts'
import { arrivalShare } from '../pushers/pusher-status.ts'
import type { Database } from '../storage/database.ts'
import { readShares } from '../trace/arrival/share-watch.ts'

/** Users choose gateways and app ids. */
const MAX_LISTED = 500

const alarm = named('ArrivalAlarm', () =>
  z.strictObject({
    window: z.enum(['hour', 'day']),
    share: z.number(),
    usual_share: z.number(),
    devices: z.int().describe('The number of devices that did not get pushes'),
  }),
)

const gatewayEntry = named('GatewayArrivals', () =>
  z.strictObject({
    gateway: z.string().describe('The host; empty for those above a limit, which are counted together'),
    app_id: z.string().nullable().describe('Null: all apps of a gateway with several apps'),
    hour: arrivalShare(),
    day: arrivalShare(),
    usual_share: z.number().nullable().describe('Null: too few results in the seven days before the last'),
    alarm: alarm().nullable(),
  }),
)

const report = once(() => z.strictObject({ gateways: z.array(gatewayEntry()) }))

/** The share of pushes that arrive through each gateway, for administrators. */
export function gatewayReportRoutes({ db, clock }: { db: Database; clock: Clock }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/_belfry/v1/gateways',
      auth: 'administrator',
      limit: 'default',
      summary: 'The share of pushes that arrive, for each gateway and app, with alarms',
      response: { 200: report },
      async handler() {
        const shares = await db.snapshot((q) => readShares(q, clock.now()))
        return {
          gateways: shares.slice(0, MAX_LISTED).map(({ gateway, appId, hour, day, usual, alarm: found }) => ({
            gateway,
            app_id: appId,
            hour,
            day,
            usual_share: usual,
            alarm: found
              ? {
                  window: found.window,
                  share: found.share,
                  usual_share: found.usual_share,
                  devices: found.devices,
                }
              : null,
          })),
        }
      },
    }),
  ]
}

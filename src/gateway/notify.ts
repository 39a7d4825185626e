import { MatrixError } from '../lib/errors.ts'
import type { DeviceOutcome, GatewayApp } from './apps.ts'
import type { Notification, NotificationDevice } from './notification.ts'

/** What became of one device of a notification. `configuration error`: no app of that id; `failed`: see `cause`. */
export type DeviceReport = {
  appId: string
  outcome: DeviceOutcome | 'configuration error' | 'failed'
  cause?: unknown
}

export type NotifyDeps = {
  /** By `app_id`. */
  apps: ReadonlyMap<string, GatewayApp>
  /** Told of each device, for log and metrics. Must not throw. */
  report(report: DeviceReport): void
}

/**
 * Hands each device of a notification to its app, all at once and independently. An unknown `app_id` is the operator's
 * mistake, not the device's: its pushkey is never rejected.
 *
 * @throws {MatrixError} 503 when no device at all could be accepted, so that the home server sends it again. Once one has
 * been, the answer is a success: sent again, it would reach that device twice.
 */
export async function notify(deps: NotifyDeps, notification: Notification): Promise<{ rejected: string[] }> {
  const outcomes = await Promise.all(
    notification.devices.map(async (device) => {
      const report = await deliver(deps.apps.get(device.app_id), device, notification)
      deps.report(report)
      return report
    }),
  )
  const failure = outcomes.find(({ outcome }) => outcome === 'failed')
  if (
    failure !== undefined &&
    outcomes.every(({ outcome }) => outcome === 'failed' || outcome === 'configuration error')
  ) {
    throw new MatrixError(503, 'M_UNKNOWN', 'The notification could not be accepted now; send it again', {
      cause: failure.cause,
    })
  }
  const rejected = notification.devices.filter((_device, index) => outcomes[index]?.outcome === 'rejected')
  return { rejected: [...new Set(rejected.map((device) => device.pushkey))] }
}

async function deliver(
  app: GatewayApp | undefined,
  device: NotificationDevice,
  notification: Notification,
): Promise<DeviceReport> {
  const appId = device.app_id
  if (app === undefined) return { appId, outcome: 'configuration error' }
  try {
    return { appId, outcome: await app.deliver(device, notification) }
  } catch (cause) {
    return { appId, outcome: 'failed', cause }
  }
}

import type { Clock } from '../lib/clock.ts'
import type { Notification, NotificationDevice } from './notification.ts'

/**
 * `delivered`: accepted for the device. `rejected`: this pushkey is dead for good, and the home server is told so.
 * `dropped`: this message can never be delivered, the pushkey is sound.
 */
export type DeviceOutcome = 'delivered' | 'rejected' | 'dropped'

/** One app that the gateway serves, known by the `app_id` of its pushers. */
export interface GatewayApp {
  readonly appId: string
  /** Rejects only when the message could not be accepted for now; the home server will send it again. */
  deliver(device: NotificationDevice, notification: Notification): Promise<DeviceOutcome>
}

export const INBOX_APP_ID = 'org.belfry.inbox'

/** `notification` as it came, but with the one device whose inbox it is: nobody reads the pushkeys of others. */
export type InboxEntry = {
  notification: Notification
  /** Milliseconds since the Unix epoch. */
  received_at: number
}

/** Keeps the last 100 entries of each pushkey. */
export interface InboxStore {
  add(pushkey: string, entry: InboxEntry): Promise<void>
  /** Newest last. */
  list(pushkey: string): Promise<InboxEntry[]>
}

const MAX_PUSHKEY_BYTES = 512

/** The built-in app: keeps notifications for whoever knows the pushkey to read. A pushkey has 1 to 512 bytes. */
export function makeInboxApp(deps: { store: InboxStore; clock: Clock }): GatewayApp {
  return {
    appId: INBOX_APP_ID,
    async deliver(device, notification) {
      if (device.pushkey === '' || Buffer.byteLength(device.pushkey) > MAX_PUSHKEY_BYTES) return 'rejected'
      const entry = { notification: { ...notification, devices: [device] }, received_at: deps.clock.now() }
      await deps.store.add(device.pushkey, entry)
      return 'delivered'
    },
  }
}

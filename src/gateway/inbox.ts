import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Notification } from './notification.ts'
import type { ProviderType } from './provider.ts'

/** The app that `belfry serve` always has, unless its configuration says otherwise. */
export const INBOX_APP_ID = 'org.belfry.inbox'

/** `notification` as it came, but with the one device whose inbox it is: nobody reads the pushkeys of others. */
export type InboxEntry = {
  notification: Notification
  /** Milliseconds since the Unix epoch. */
  received_at: number
}

/** Grows within an inbox. */
export type StoredEntry = InboxEntry & { id: number }

/** Keeps the last 100 entries of each pushkey. */
export interface InboxStore {
  add(pushkey: string, entry: InboxEntry): Promise<void>
  /** Newest last; those after the entry `after` alone, if it is given. */
  list(pushkey: string, after?: number): Promise<StoredEntry[]>
  /** Calls `listener` after each new entry, until the returned function is called. */
  listen(pushkey: string, listener: () => void): () => void
}

const MAX_PUSHKEY_BYTES = 512

/** The built-in app: keeps notifications for whoever knows the pushkey to read. A pushkey has 1 to 512 bytes. */
export function makeInboxType({ store, clock }: { store: InboxStore; clock: Clock }): ProviderType {
  return {
    type: 'inbox',
    options: z.object({}),
    open: async () => ({
      lineOf: () => 'inbox',
      async send({ device, notification }) {
        if (device.pushkey === '' || Buffer.byteLength(device.pushkey) > MAX_PUSHKEY_BYTES)
          return { outcome: 'rejected', reason: 'bad pushkey' }
        try {
          const entry = { notification: { ...notification, devices: [device] }, received_at: clock.now() }
          await store.add(device.pushkey, entry)
          return { outcome: 'delivered', reason: 'kept' }
        } catch {
          return { outcome: 'retry', reason: 'database' }
        }
      },
      check: async () => [],
      [Symbol.asyncDispose]: async () => undefined,
    }),
  }
}

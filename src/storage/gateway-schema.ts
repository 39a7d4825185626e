import type { Filled } from './columns.ts'

// The tables of the gateway, which may have a database of its own; what waits is in the lanes of `sending-schema.ts`. The conventions
// are those of schema.ts.

/** The built-in inbox app of the gateway: the last notifications of each inbox. */
export type InboxTable = {
  entry_id: Filled<number>
  /** Whose inbox it is; empty for one that the configuration names. */
  user_id: string
  pushkey: string
  /** Of `notification`. */
  bytes: number
  received_at: number
  notification: string
}

/** Inboxes that users have opened. Knowing the pushkey, which the server made up, is enough to push to one and to read it. */
export type OpenedInboxesTable = {
  pushkey: string
  user_id: string
  opened_at: number
  /** When it was read last, to the hour. */
  used_at: number
}

/** Notifications that the gateway has had, so that repeats are known. Kept for 24 h. */
export type GatewaySeenTable = {
  /** A hash of app, pushkey, event and the pusher's data. */
  message_key: string
  /** `queued` while it waits in the queue, else what became of it. */
  outcome: string
  seen_at: number
}

/** Devices that were rejected after their home server had its answer: it is told with its next call. Kept for 30 days. */
export type GatewayRejectionsTable = {
  /** A hash of app and pushkey. */
  device_key: string
  rejected_at: number
}

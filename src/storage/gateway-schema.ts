import type { Filled } from './columns.ts'

// The tables of the gateway, which may have a database of its own; what waits is in the lanes of
// `sending-schema.ts`. The conventions are those of schema.ts.

/** The built-in inbox app of the gateway: the last notifications of each inbox. */
export type InboxTable = {
  entry_id: Filled<number>
  /** The owner of the inbox; empty for an inbox from the configuration. */
  user_id: string
  pushkey: string
  /** The size of `notification`. */
  bytes: number
  received_at: number
  notification: string
}

/** Inboxes opened by users. The pushkey is made by the server and is enough to push to an inbox and to read it. */
export type OpenedInboxesTable = {
  pushkey: string
  user_id: string
  opened_at: number
  /** The last time it was read, rounded to the hour. */
  used_at: number
}

/** Notifications that the gateway has received, to detect repeats. Kept for 24 h. */
export type GatewaySeenTable = {
  /** A hash of app, pushkey, event and the pusher's data. */
  message_key: string
  /** `queued` while it waits in the queue, then the result. */
  outcome: string
  seen_at: number
}

/** Notifications that one of several processes is sending. */
export type GatewayClaimsTable = {
  /** As in `gateway_seen`. */
  message_key: string
  /** The id of the process. */
  holder: string
  /** The end of a claim that was not given up. Milliseconds since the Unix epoch. */
  until: number
}

/**
 * Devices rejected after their home server got its response. The response to its next call reports them. Kept
 * for 30 days.
 */
export type GatewayRejectionsTable = {
  /** A hash of app and pushkey. */
  device_key: string
  rejected_at: number
}

export type GatewaySchema = {
  inbox: InboxTable
  opened_inboxes: OpenedInboxesTable
  gateway_seen: GatewaySeenTable
  gateway_claims: GatewayClaimsTable
  gateway_rejections: GatewayRejectionsTable
}

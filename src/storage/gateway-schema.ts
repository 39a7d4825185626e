import type { Filled, Flag } from './columns.ts'

// The tables of the gateway, which may have a database of its own. The conventions are those of schema.ts.

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

/** What the gateway has accepted and could not hand over yet. */
export type GatewayQueueTable = {
  queue_id: Filled<number>
  /** As the device has it. */
  app_id: string
  /** App and provider line: what waits for the same. */
  line: string
  device_key: string
  /** A hash of the pusher's data and its user, which tells two accounts on one device apart; empty: there is neither. */
  data_key: Filled<string>
  /** null: nothing to know a repeat by. */
  message_key: string | null
  /** With this one device. */
  notification: string
  /** Newer counts than the notification has. */
  counts: string | null
  counts_only: Flag
  /** 1: from the server that this gateway is part of, which is told of a rejection at once. */
  own: Flag
  /** The user of this server whom it is for. */
  user_id: Filled<string | null>
  /** The address that it came from; empty for those of this server. */
  source: Filled<string>
  /** Of `notification`. */
  bytes: Filled<number>
  /** So many were made. */
  attempts: number
  queued_at: number
  expires_at: number
  next_attempt_at: number
  /** Until then somebody is at it. */
  leased_until: number
}

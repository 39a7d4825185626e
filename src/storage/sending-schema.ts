import type { Filled, Flag } from './columns.ts'

// The tables of the sending engine (`sending/`). The conventions are those of schema.ts.

/** `poke`: to push gateways and push services. `mail`: to a mail server. `push`: from the gateway to its providers. */
export type LaneKind = 'poke' | 'mail' | 'push'

/** The queue of one recipient of one kind. Items are sent in order, by one lease holder at a time. */
export type LanesTable = {
  /** Never reused. The id of a pusher is the id of its lane. */
  lane_id: Filled<number>
  kind: LaneKind
  /** In the gateway: the device. null for a pusher. Unique together with `kind`. */
  key: Filled<string | null>
  /** Lanes with the same value share a circuit breaker: for a poke the origin of its URL, for mail empty. */
  destination: string
  /** Grows when the recipient is set again. A failure of an earlier generation says nothing about the current one. */
  generation: Filled<number>
  /**
   * The number of changes of the lane's latest value since it was sent; 0: it was sent. The value of a pusher
   * is the badge, or the activation token until its app has confirmed it.
   */
  value_due: Filled<number>
  /** The last value sent; null: none. */
  value_told: Filled<number | null>
  lease_owner: Filled<string | null>
  lease_until: Filled<number | null>
  /** The number of consecutive failures. */
  attempts: Filled<number>
  failing_since: Filled<number | null>
  next_attempt_at: Filled<number | null>
  /** The latest end of the hold of its next item. `next_attempt_at` says when to check again whether to hold it. */
  held_until: Filled<number | null>
  /** One of a fixed set of words. */
  last_error: Filled<string | null>
  last_error_at: Filled<number | null>
  last_success_at: Filled<number | null>
  /** For lanes that number their own items: the last position given. */
  last_position: Filled<number>
}

/** The waiting items of a lane. For pokes and mail they are written in the transaction of the event. */
export type LaneItemsTable = {
  lane_id: number
  /** For pokes and mail: the position of the event. */
  position: number
  /** 1: sent before all items without it. */
  urgent: Filled<Flag>
  created_at: number
  /** null: it does not expire. */
  expires_at: Filled<number | null>
  /** The end of a lease to send the item outside of its lane. */
  taken_until: Filled<number | null>
  /** The process with that lease. null: none, or it was made by an older version. */
  taken_by: Filled<string | null>
  /**
   * In the gateway: the account on the device, and whether the item has only counts. Newer counts of the
   * account replace older ones.
   */
  dedup_key: Filled<string | null>
  /** JSON; null: the position identifies the content. */
  payload: Filled<string | null>
  /** In the gateway: the IP address of the sender. */
  source: Filled<string | null>
  /** In the gateway: the size of the notification. */
  bytes: Filled<number | null>
  /** In the gateway, as JSON: newer counts than those in the payload. */
  counts: Filled<string | null>
}

export type SendingSchema = {
  lanes: LanesTable
  lane_items: LaneItemsTable
}

import type { Filled, Flag } from './columns.ts'

// The tables of the sending engine (`sending/`). The conventions are those of schema.ts.

/** `poke`: to push gateways and push services. `mail`: to a mail server. `push`: from the gateway to its providers. */
export type LaneKind = 'poke' | 'mail' | 'push'

/** One recipient of one kind: what is sent to it is sent in order, by one holder of a lease at a time. */
export type LanesTable = {
  /** Never reused. The id of a pusher is the id of its lane. */
  lane_id: Filled<number>
  kind: LaneKind
  /** Of the gateway: the device. null for a pusher. Unique with `kind`. */
  key: Filled<string | null>
  /** What lanes share a circuit by: of a poke the origin of its URL; of mail empty. */
  destination: string
  /** Grows when the lane is set anew. A failure of an earlier generation says nothing about this one. */
  generation: Filled<number>
  /**
   * How often the lane's latest value may have changed since it was told; 0: it was told. Of a pusher the value is the
   * badge or, until its app has confirmed it, the token for that.
   */
  value_due: Filled<number>
  /** The value that was told last; null: none. */
  value_told: Filled<number | null>
  lease_owner: Filled<string | null>
  lease_until: Filled<number | null>
  /** Failures in a row. */
  attempts: Filled<number>
  failing_since: Filled<number | null>
  next_attempt_at: Filled<number | null>
  /** Its next item is held until then at the latest; `next_attempt_at` says when to look whether it still is to be. */
  held_until: Filled<number | null>
  /** One of a fixed set of words. */
  last_error: Filled<string | null>
  last_error_at: Filled<number | null>
  last_success_at: Filled<number | null>
  /** Of lanes whose items get their position here: the last one given. */
  last_position: Filled<number>
}

/** What waits in a lane. Of pokes and mail it is written in the event's own transaction. */
export type LaneItemsTable = {
  lane_id: number
  /** Of pokes and mail: of the event. */
  position: number
  /** 1: it goes before all that is not. */
  urgent: Filled<Flag>
  created_at: number
  /** null: it does not expire. */
  expires_at: Filled<number | null>
  /** Until then somebody sends it outside of the lane. */
  taken_until: Filled<number | null>
  /** Of the gateway: the account on the device, and whether it waits for counts alone. Newer counts of it replace older ones. */
  dedup_key: Filled<string | null>
  /** JSON; null: the position says what it is. */
  payload: Filled<string | null>
  /** Of the gateway: the address that it came from. */
  source: Filled<string | null>
  /** Of the gateway: of its notification. */
  bytes: Filled<number | null>
  /** Of the gateway, as JSON: newer counts than the payload has. */
  counts: Filled<string | null>
}

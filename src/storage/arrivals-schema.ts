import type { Filled, Flag } from './columns.ts'

/** The proof that the poke of an event reached the device of a pusher, or the lack of one (`trace/arrival/`). */
export type ArrivalsTable = {
  entry_id: Filled<number>
  position: number
  pusher_id: number
  /**
   * `fetched`: the device has fetched the event. `waiting`: it has not, and nothing is concluded yet.
   * `not seen`: concluded, for a device that usually fetches. `missed`: concluded, for a device of which this
   * is not known.
   */
  state: 'fetched' | 'waiting' | 'not seen' | 'missed'
  /** The start of the attempt to send. */
  sent_at: number
  /** When the device fetched the event, or when the row got its state. */
  at: number
  /** For `waiting`: the first known request of the device after the deadline. */
  seen_at: number | null
  /** 1: the device should have fetched the event, so the row counts for shares. */
  expected: Flag
}

/** One row: the last entry of `trace_steps` that was checked, and the time up to which no conclusions are drawn. */
export type ArrivalProgressTable = { id: number; up_to: number; blind_until: number }

/** The results of pokes whose fetch was expected, by the time of the result. */
export type ArrivalSharesTable = {
  /** The time divided by `PERIOD_MS` of `trace/arrival/shares.ts`. */
  period: number
  /** The host of the gateway or push service. Empty, like `app_id`: all beyond the limit for a period. */
  gateway: string
  app_id: string
  arrived: number
  not_seen: number
  /** The short hash of the user that all results are of; empty: of several. */
  single_user: string
}

export type ArrivalsSchema = {
  arrivals: ArrivalsTable
  arrival_progress: ArrivalProgressTable
  arrival_shares: ArrivalSharesTable
}

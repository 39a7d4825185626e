import type { UserId } from '../lib/ids.ts'
import type { Filled } from './columns.ts'

// The tables of the trace of notifications.

/** The results of one event for some of its pushers, recorded at one moment. */
export type TraceStepsTable = {
  entry_id: Filled<number>
  position: number
  at: number
  /** JSON list in the form of `trace/steps-store.ts`. The pushers may be removed since. */
  steps: string
  /** For the one last step of an event that was not sent to this pusher (`isEnd` in `trace/device-state.ts`). */
  pusher_id: Filled<number | null>
}

/**
 * The reasons why an event did not notify some cohorts. The outcomes that notify are in `cohort_outcomes` and
 * `exceptions`.
 */
export type TraceDecisionsTable = {
  position: number
  at: number
  /** JSON list of `NotNotifiedDecision` (trace/). */
  decisions: string
}

/** Pushers that were disabled, enabled or removed, with the time. */
export type TracePushersTable = {
  entry_id: Filled<number>
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey_hash: string
  app_display_name: string
  device_display_name: string
  created_at: number
  at: number
  /** 'on', 'off' or 'removed'. */
  change: string
  /** For a removal: `RemovalReason` of pushers/. */
  reason: string | null
}

/** What the gateway did with a notification for a device, from any home server. */
export type TraceGatewayTable = {
  entry_id: Filled<number>
  event_id: string
  app_id: string
  pushkey_hash: string
  at: number
  attempt: number
  outcome: string
  reason: string | null
  status: number | null
  /** The provider's id of the message. */
  provider_id: string | null
  ms: number | null
}

export type TraceSchema = {
  trace_steps: TraceStepsTable
  trace_decisions: TraceDecisionsTable
  trace_pushers: TracePushersTable
  trace_gateway: TraceGatewayTable
}

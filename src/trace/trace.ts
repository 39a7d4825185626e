import { BoundedMap } from '../lib/bounded-map.ts'
import { cleanText } from '../lib/clean-json.ts'
import type { UserId } from '../lib/ids.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { SendResult } from '../sending/result.ts'
import { pusherWord } from '../sending/result-words.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { StreamPoint } from '../storage/stream-point.ts'
import { insertDecisions, type NotNotifiedDecision } from './decisions-store.ts'
import { insertGatewaySteps } from './gateway-store.ts'
import type { PusherRule } from './notify-reason.ts'
import { deletePusherChanges, insertPusherChanges, pushersToRecord } from './pushers-store.ts'
import {
  addSteps,
  addCollapsed,
  insertCleared,
  oldestQueued,
  type OtherReason,
  type StoredStep,
} from './steps-store.ts'
import type { ReasonOf, SkipReason } from './vocabulary.ts'

// Records the parts of the journeys that the stages do not store themselves. One statement writes many steps
// (for a backlog: one statement for each pusher), in the transaction that records the result. `at` is in
// milliseconds since the Unix epoch.

/**
 * A step of one event for one pusher, with or without an attempt. `but`: the short form was sent after a
 * refusal, or the pusher was set again before its rejection was recorded. `isFetchExpected`: if the poke
 * arrives, the device fetches the event (`arrival/`).
 */
export type PusherStep = { pusherId: number; position: number } & (
  | UnattemptedStep
  | { result: SendResult; but?: 'shorter next' | 'too late' | undefined; isFetchExpected?: boolean }
)

/** An attempt that a user has requested, as a test. `error`: null for an accepted attempt. */
export type ResentStep = {
  pusherId: number
  position: number
  resent: ReasonOf<'resent'>
  status: number | null
  ms: number
  error: string | null
}

/** A step without an attempt. */
export type UnattemptedStep =
  | { step: 'skipped'; reason: SkipReason; rule?: PusherRule | undefined }
  | { step: 'held'; reason: ReasonOf<'held'> }

/**
 * The part of a backlog that is removed: all up to `upTo` except `keep`. `others`: events with another reason
 * than `collapsed`.
 */
export type CollapsedBacklog = {
  pusherId: number
  upTo: StreamPoint
  keep: readonly number[]
  others: readonly OtherReason[]
}

export type PusherStatusChange = { change: 'on' | 'off' } | { change: 'removed'; reason: string }

/** One attempt of the gateway for one device. */
export type GatewayStep = {
  eventId: string
  appId: string
  /** `shortHash(pushkey)`. */
  pushkeyHash: string
  /** The end of the attempt. */
  at: number
  /** 1 is the first. */
  attempt: number
  outcome: ReasonOf<'gateway'>
  /** The reason from the provider or from this server: never a token, an address or a body. Cut at 200 characters. */
  reason?: string | undefined
  /** The provider's HTTP status. */
  status?: number | undefined
  /** The provider's id of the message. Cut at 200 characters. */
  providerId?: string | undefined
  /** The duration of the attempt. */
  ms?: number | undefined
}

export type Trace = {
  readonly isEnabled: boolean
  recordSteps(tx: Transaction, at: number, steps: readonly PusherStep[]): void
  recordResent(tx: Transaction, at: number, step: ResentStep): void
  /** Call it before the rows are removed from the queue. */
  recordCollapsed(tx: Queries, at: number, backlogs: readonly CollapsedBacklog[]): Promise<void>
  /** Call it before all queued events of these pushers are removed. */
  recordCleared(
    tx: Queries,
    at: number,
    of: { pusherIds: readonly number[]; reason: ReasonOf<'cleared'> },
  ): Promise<void>
  /** The next event of each of these pushers is held. Recorded once for each event and reason. */
  recordHeld(
    tx: Transaction,
    at: number,
    of: { pusherIds: readonly number[]; reason: ReasonOf<'held'> },
  ): Promise<void>
  recordDecisions(
    tx: Transaction,
    event: { position: number; at: number },
    decisions: readonly NotNotifiedDecision[],
  ): void
  /** Call it before pushers are disabled, enabled or removed. */
  recordPusherChange(
    tx: Queries,
    at: number,
    of: { pusherIds: readonly number[] } & PusherStatusChange,
  ): Promise<void>
  /** Deletes the pushers of a closed account. The other records do not identify the user without them. */
  forgetUser(tx: Queries, userId: UserId): Promise<void>
  recordGatewaySteps(tx: Queries, steps: readonly GatewayStep[]): Promise<void>
}

export function createTrace({ isEnabled }: { isEnabled: boolean }): Trace {
  return isEnabled ? recording() : NO_TRACE
}

const forgetUser: Trace['forgetUser'] = async (tx, userId) => {
  await tx.run(deletePusherChanges, { userId })
}

const nothing = async (): Promise<void> => undefined

/** Records nothing. */
export const NO_TRACE: Trace = {
  isEnabled: false,
  recordSteps: () => undefined,
  recordResent: () => undefined,
  recordCollapsed: nothing,
  recordCleared: nothing,
  recordHeld: nothing,
  recordDecisions: () => undefined,
  recordPusherChange: nothing,
  forgetUser,
  recordGatewaySteps: nothing,
}

const recording = (): Trace => ({
  isEnabled: true,

  recordSteps(tx, at, steps) {
    if (steps.length > 0) addSteps(tx, at, steps.map(storedStep))
  },

  recordResent(tx, at, { resent, error: reason, ...step }) {
    addSteps(tx, at, [{ ...step, reason, step: resent === 'taken' ? 'resent' : `resent ${resent}` }])
  },

  async recordCollapsed(tx, at, backlogs) {
    for (const { pusherId, upTo, keep, others } of backlogs)
      await addCollapsed(tx, { at, pusherId, upTo, keep, others })
  },

  async recordCleared(tx, at, { pusherIds, reason }) {
    if (pusherIds.length > 0) await tx.run(insertCleared, { pusherIds, reason, at })
  },

  recordHeld: heldRecorder(),

  recordDecisions(tx, { position, at }, decisions) {
    if (decisions.length > 0)
      tx.write(insertDecisions, { position, at, decisions: JSON.stringify(decisions) })
  },

  async recordPusherChange(tx, at, { pusherIds, ...change }) {
    if (pusherIds.length === 0) return
    const rows = (await tx.all(pushersToRecord, { pusherIds })).map(({ pushkey, ...row }) => ({
      ...row,
      pushkey_hash: shortHash(pushkey),
    }))
    const reason = change.change === 'removed' ? change.reason : null
    if (rows.length > 0) await tx.run(insertPusherChanges, { at, change: change.change, reason, rows })
  },

  forgetUser,

  async recordGatewaySteps(tx, steps) {
    if (steps.length > 0) await tx.run(insertGatewaySteps, { rows: steps.map(gatewayRow) })
  },
})

/** The maximum number of pushers in the cache of held events. For an evicted pusher, the hold is recorded again. */
const MAX_HELD = 10_000

/** A pusher can be held for the same event many times, for days. The hold is recorded once for an event. */
function heldRecorder(): Trace['recordHeld'] {
  const heldAt = new BoundedMap<number, number>({ limit: MAX_HELD })
  return async (tx, at, { pusherIds, reason }) => {
    if (pusherIds.length === 0) return
    const heads = await oldestQueued(tx, pusherIds)
    const unrecorded = heads.filter(({ pusherId, position }) => heldAt.get(pusherId) !== position)
    if (unrecorded.length === 0) return
    addSteps(
      tx,
      at,
      unrecorded.map((head) => storedStep({ ...head, step: 'held', reason })),
    )
    tx.onCommit(() => {
      for (const { pusherId, position } of unrecorded) heldAt.set(pusherId, position)
    })
  }
}

function storedStep({ pusherId, position, ...step }: PusherStep): StoredStep {
  if ('step' in step) {
    const rule = step.step === 'skipped' ? step.rule : undefined
    return { pusherId, position, step: step.step, reason: step.reason, status: null, ms: null, rule }
  }
  const { result, but, isFetchExpected } = step
  // An accepted attempt has no reason.
  const isTaken = result.kind === 'delivered' || result.kind === 'rejected'
  return {
    pusherId,
    position,
    step: pusherWord(result, but),
    reason: isTaken ? null : result.reason,
    status: result.status ?? null,
    ms: Math.round(result.ms),
    ...(isFetchExpected === true && result.kind === 'delivered' && { isFetchExpected }),
  }
}

/** The input of the gateway is not trusted, so its strings are cut. */
const MAX_CHARS = 200
const MAX_ID_CHARS = 255

/** A cut can leave half of a surrogate pair, and PostgreSQL then refuses all rows of the statement. */
const cut = (text: string, chars: number) => cleanText(text.slice(0, chars))

function gatewayRow(step: GatewayStep) {
  return {
    event_id: cut(step.eventId, MAX_ID_CHARS),
    app_id: cut(step.appId, MAX_ID_CHARS),
    pushkey_hash: step.pushkeyHash,
    at: step.at,
    attempt: step.attempt,
    outcome: step.outcome,
    reason: step.reason === undefined ? null : cut(step.reason, MAX_CHARS),
    status: step.status ?? null,
    provider_id: step.providerId === undefined ? null : cut(step.providerId, MAX_CHARS),
    ms: step.ms === undefined ? null : Math.round(step.ms),
  }
}

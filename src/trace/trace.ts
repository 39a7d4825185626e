import { BoundedMap } from '../lib/bounded-map.ts'
import { cleanText } from '../lib/clean-json.ts'
import type { UserId } from '../lib/ids.ts'
import { shortHash } from '../lib/short-hash.ts'
import type { SendResult } from '../sending/result.ts'
import { pusherWord } from '../sending/result-words.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { insertDecisions, type NotNotifiedDecision } from './decisions-store.ts'
import { insertGatewaySteps } from './gateway-store.ts'
import { forgetPusherNotes, insertPusherNotes, pushersToNote } from './pushers-store.ts'
import { addSteps, headsWaiting, insertCleared, insertCollapsed, type KeptStep } from './steps-store.ts'
import type { ReasonOf, SkipReason } from './vocabulary.ts'

// What is kept of the journeys of notifications beside what the stages keep anyway. It is written by one statement
// for many (a backlog that goes: by one for each pusher), in the transaction that records the outcome itself; `at` is in milliseconds since the Unix epoch.

/**
 * One step of one event on its way to one pusher: the result of an attempt, or one without an attempt. `but`: the short form was sent
 * after a refusal, or the pusher was set anew before its rejection was recorded.
 */
export type PusherStep = { pusherId: number; position: number } & (
  | NotedStep
  | { result: SendResult; but?: 'shorter next' | 'too late' | undefined }
)

/** One without an attempt. */
export type NotedStep = { step: 'skipped'; reason: SkipReason } | { step: 'held'; reason: ReasonOf<'held'> }

/** Of a backlog, what goes but for what is kept. `others`: what goes for another reason than `collapsed`. */
export type CollapsedBacklog = {
  pusherId: number
  upTo: number
  keep: readonly number[]
  others: readonly { position: number; reason: SkipReason }[]
}

export type PusherChange = { change: 'on' | 'off' } | { change: 'removed'; reason: string }

/** One attempt of the gateway for one device. */
export type GatewayStep = {
  eventId: string
  appId: string
  /** `shortHash(pushkey)`. */
  pushkeyHash: string
  /** When it ended. */
  at: number
  /** 1 is the first. */
  attempt: number
  outcome: ReasonOf<'gateway'>
  /** The provider's word, or one of ours: never a token, an address or a body. Cut at 200 characters. */
  reason?: string | undefined
  /** The provider's HTTP status. */
  status?: number | undefined
  /** The provider's id of the message. Cut at 200 characters. */
  providerId?: string | undefined
  /** How long the attempt took. */
  ms?: number | undefined
}

export type Trace = {
  readonly isEnabled: boolean
  recordSteps(tx: Queries, at: number, steps: readonly PusherStep[]): Promise<void>
  /** Before the rows of the outbox go. */
  recordCollapsed(tx: Queries, at: number, backlogs: readonly CollapsedBacklog[]): Promise<void>
  /** All that waits for these pushers goes; before it does. */
  recordCleared(
    tx: Queries,
    at: number,
    of: { pusherIds: readonly number[]; reason: ReasonOf<'cleared'> },
  ): Promise<void>
  /** What these pushers would send next is held. Of an event it is recorded once for each reason. */
  recordHeld(
    tx: Transaction,
    at: number,
    of: { pusherIds: readonly number[]; reason: ReasonOf<'held'> },
  ): Promise<void>
  recordDecisions(
    tx: Queries,
    event: { position: number; at: number },
    decisions: readonly NotNotifiedDecision[],
  ): Promise<void>
  /** Pushers are switched off or on, or go; before they do. */
  recordPusherChange(
    tx: Queries,
    at: number,
    of: { pusherIds: readonly number[] } & PusherChange,
  ): Promise<void>
  /** The account is closed: which pushers its user had is forgotten. What was recorded of them says nothing without it. */
  forgetUser(tx: Queries, userId: UserId): Promise<void>
  recordGatewaySteps(tx: Queries, steps: readonly GatewayStep[]): Promise<void>
}

export function createTrace({ isEnabled }: { isEnabled: boolean }): Trace {
  return isEnabled ? recording() : NO_TRACE
}

const forgetUser: Trace['forgetUser'] = async (tx, userId) => {
  await tx.run(forgetPusherNotes, { userId })
}

const nothing = async (): Promise<void> => undefined

/** Records nothing. */
export const NO_TRACE: Trace = {
  isEnabled: false,
  recordSteps: nothing,
  recordCollapsed: nothing,
  recordCleared: nothing,
  recordHeld: nothing,
  recordDecisions: nothing,
  recordPusherChange: nothing,
  forgetUser,
  recordGatewaySteps: nothing,
}

const recording = (): Trace => ({
  isEnabled: true,

  async recordSteps(tx, at, steps) {
    if (steps.length > 0) await addSteps(tx, at, steps.map(keptStep))
  },

  async recordCollapsed(tx, at, backlogs) {
    for (const { pusherId, upTo, keep, others } of backlogs)
      await tx.run(insertCollapsed, { at, pusherId, upTo, keep, others })
  },

  async recordCleared(tx, at, { pusherIds, reason }) {
    if (pusherIds.length > 0) await tx.run(insertCleared, { pusherIds, reason, at })
  },

  recordHeld: heldRecorder(),

  async recordDecisions(tx, { position, at }, decisions) {
    if (decisions.length > 0)
      await tx.run(insertDecisions, { position, at, decisions: JSON.stringify(decisions) })
  },

  async recordPusherChange(tx, at, { pusherIds, ...change }) {
    if (pusherIds.length === 0) return
    const rows = (await tx.all(pushersToNote, { pusherIds })).map(({ pushkey, ...row }) => ({
      ...row,
      pushkey_hash: shortHash(pushkey),
    }))
    const reason = change.change === 'removed' ? change.reason : null
    if (rows.length > 0) await tx.run(insertPusherNotes, { at, change: change.change, reason, rows })
  },

  forgetUser,

  async recordGatewaySteps(tx, steps) {
    if (steps.length > 0) await tx.run(insertGatewaySteps, { rows: steps.map(gatewayRow) })
  },
})

/** So many pushers are remembered with the event that they were held at. For a pusher that is forgotten it is recorded once more. */
const MOST_HELD = 10_000

/** A pusher that is held comes back and is held again, for days perhaps: of one event that is recorded once. */
function heldRecorder(): Trace['recordHeld'] {
  const heldAt = new BoundedMap<number, number>({ limit: MOST_HELD })
  return async (tx, at, { pusherIds, reason }) => {
    if (pusherIds.length === 0) return
    const heads = await headsWaiting(tx, pusherIds)
    const news = heads.filter(({ pusherId, position }) => heldAt.get(pusherId) !== position)
    if (news.length === 0) return
    await addSteps(
      tx,
      at,
      news.map((head) => keptStep({ ...head, step: 'held', reason })),
    )
    tx.onCommit(() => {
      for (const { pusherId, position } of news) heldAt.set(pusherId, position)
    })
  }
}

function keptStep({ pusherId, position, ...step }: PusherStep): KeptStep {
  if ('step' in step)
    return { pusherId, position, step: step.step, reason: step.reason, status: null, ms: null }
  const { result, but } = step
  // An attempt that is taken needs no reason.
  const isTaken = result.kind === 'delivered' || result.kind === 'rejected'
  return {
    pusherId,
    position,
    step: pusherWord(result, but),
    reason: isTaken ? null : result.reason,
    status: result.status ?? null,
    ms: Math.round(result.ms),
  }
}

/** Anybody may have sent what the gateway was sent: nothing of it gets in at any length. */
const MAX_CHARS = 200
const MAX_ID_CHARS = 255

/** Cutting may leave half a surrogate pair, and PostgreSQL refuses all rows of a statement for one of those. */
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

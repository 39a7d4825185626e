import type { Transaction } from '../storage/database.ts'
import type { Evidence } from './circuits.ts'
import type { Claimed, Turn } from './lane-store.ts'
import type { SendResult } from './result.ts'
import type { LaneEvent, LaneState } from './transition.ts'

// What the engine asks of the owner of a kind of lanes (pokes, mail, the gateway), and what it tells it.

/** One lane in hand, from its lease to the end of that. */
export type Visit = {
  readonly laneId: number
  /** The holder of the lease. */
  readonly owner: string
  /** 1 is the first. */
  readonly turn: number
  /** The process stops: nothing new is sent. */
  isStopping(): boolean
}

/** What is to be done next for a lane, and what was read for that. Owners add what they need to send and to record. */
export type Looked = {
  /** As it was read. */
  state: LaneState
  /** `value_due`, as it was before the value was read. */
  valueDue: number
  /** The value was read, and is what was told last. */
  valueKnown: boolean
  /** The positions of items that need not be sent any more. */
  passed: readonly number[]
  /**
   * `send`: these items, none for the value alone. `value`: the value that is told with them. Else why nothing is sent.
   */
  step: { kind: 'send'; positions: readonly number[]; value: number | null } | NotSent
}

export type NotSent = Exclude<LaneEvent, SendResult | { kind: 'circuit paused' }>

/** What became of one turn with a lane. */
export type Settled<Look extends Looked, Result extends SendResult> = {
  lane: Claimed
  /** Absent: it was given back before a look. */
  look: Look | undefined
  /** Absent: nothing was sent. */
  result: Result | undefined
  event: LaneEvent
  /** The new state. */
  state: LaneState
  /** It was rejected, and set anew during the attempt: it stays, and is sent the same once more. */
  isTooLate: boolean
}

export interface LanePort<Look extends Looked, Result extends SendResult> {
  /** What is next for a lane that is leased; undefined: it is not ours any more. Changes nothing. */
  look(visit: Visit): Promise<Look | undefined>
  /** One attempt. Never rejects. Undefined: the stop has cut it off, and nothing was learned. */
  send(look: Look): Promise<Result | undefined>
  /** What the result says of the destination. */
  evidenceOf(result: Result): Evidence
  /**
   * Writes the owner's own rows, in the transaction in which the items go and the states are written. It removes the lanes whose
   * recipients are gone. It may be run once more, so it changes nothing but through `tx`.
   */
  record(tx: Transaction, now: number, settled: readonly Settled<Look, Result>[]): Promise<void>
  /** Tells of what was recorded. `gone`: the lane, or its lease, was lost. Never throws. */
  announce(settled: Settled<Look, Result>, turn: Turn): void
  /** A circuit has opened, or closed again. Never throws. */
  announceCircuit(news: CircuitNews, look: Look, result: Result): void
}

/** `held`: so many lanes have waited for it. */
export type CircuitNews = { kind: 'broken'; reason: string } | { kind: 'back'; held: number }

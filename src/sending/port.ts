import type { Transaction } from '../storage/database.ts'
import type { Evidence } from './circuits.ts'
import type { Claimed } from './lane-store.ts'
import type { SendResult } from './result.ts'
import type { Turn } from './settle-store.ts'
import type { LaneEvent, LaneState } from './transition.ts'

// The interface between the engine and the owner of a kind of lanes (pokes, mail, the gateway).

/** The processing of one lane during a lease. */
export type Visit = {
  readonly laneId: number
  /** The holder of the lease. */
  readonly owner: string
  /** The process stops: nothing new is sent. */
  isStopping(): boolean
}

/**
 * The next step of a lane, with the data that was read for it. Owners add the data that they need to send and
 * to record.
 */
export type Looked = {
  /** The state at the time of reading. */
  state: LaneState
  /** Where the lane sends now. Absent: as in the claim. */
  destination?: string
  /**
   * `due`: `value_due`, before the value was read. `isKnown`: the value was read and equals the last sent
   * value. `isMissed`: items that would have contained it are skipped, so it is due unless this step sends
   * it. Absent: the lanes have no value.
   */
  value?: { due: number; isKnown: boolean; isMissed: boolean }
  /** The positions of items that are no longer to be sent. */
  passed: readonly number[]
  /**
   * `send`: send these items; an empty list sends the value alone. `value`: the value to send. Otherwise the
   * reason why nothing is sent.
   */
  step: { kind: 'send'; positions: readonly number[]; value: number | null } | NotSent
}

export type NotSent = Exclude<LaneEvent, SendResult | { kind: 'circuit paused' }>

/** The result of one turn of a lane. */
export type Settled<Look extends Looked, Result extends SendResult> = {
  lane: Claimed
  /** Absent: the lane was given back before it was read. */
  look?: Look
  /** Absent: nothing was sent. */
  result?: Result
  event: LaneEvent
  /** The new state. */
  state: LaneState
  /** The recipient was rejected, and set again during the attempt: it stays, and the same is sent again. */
  isTooLate: boolean
}

export interface LanePort<Look extends Looked, Result extends SendResult> {
  /** Reads the next step of a leased lane; undefined: the lease was lost. Changes nothing. */
  look(visit: Visit): Promise<Look | undefined>
  /**
   * Reads at most `limit` of the steps that follow this one, while this one is sent. They are used only if
   * each step before them is a delivery. Undefined: there is none, or it depends on this step. Absent: no
   * step is looked up ahead.
   */
  lookAhead?(look: Look, visit: Visit, limit: number): Promise<readonly Look[]> | undefined
  /** Makes one attempt. Never rejects. Undefined: the stop aborted it without a result. */
  send(look: Look): Promise<Result | undefined>
  /** The information of a result about the destination. */
  evidenceOf(result: Result): Evidence
  /**
   * Writes the rows of the owner in the transaction that removes the items and writes the states. Removes the
   * lanes of rejected recipients. It can run again, so it changes data only through `tx`.
   */
  record(tx: Transaction, now: number, settled: readonly Settled<Look, Result>[]): Promise<void>
  /** Reports the recorded result (log, metrics). `gone`: the lane or its lease was lost. Never throws. */
  announce(settled: Settled<Look, Result>, turn: Turn): void
  /** Reports a circuit that opened or closed. Never throws. */
  announceCircuit(news: CircuitNews, look: Look, result: Result): void
}

/** `held`: the number of lanes that waited for it. */
export type CircuitNews = { kind: 'broken'; reason: string } | { kind: 'back'; held: number }

/**
 * Bounds what an evaluation costs, whatever the rules and the event say. A step is about as much work as reading one unit
 * of a text; it is counted, never timed, so that the same rules and event have the same outcome on every machine.
 *
 * Past the bound, the rules that their owners wrote do not match any more. The default rules, room rules and sender rules
 * are still evaluated: what these cost is bounded by itself.
 */

/** Of one evaluation for one person. */
export const MOST_STEPS = 300_000

/** Steps that several evaluations of one event share. `cut`: how many of them cost what they may. */
export type StepBudget = { left: number; cut?: number }

/** Of all evaluations of one event in a room. */
export const MAX_ROOM_STEPS = 600_000

export function roomBudget(): StepBudget {
  return { left: MAX_ROOM_STEPS }
}

/** Of what `explain` tells beyond the outcome: some 3,000 conditions. */
const MAX_EXPLAIN_STEPS = 1_200_000

/** What several explanations in one answer may cost together. */
export function explainBudget(): StepBudget {
  return { left: MAX_EXPLAIN_STEPS }
}

/**
 * What is left of the evaluation that runs. It is a number of this module, since a further parameter of every search would
 * cost more than most searches: evaluations are synchronous, and one begins after another has ended.
 */
export const meter = { left: MOST_STEPS }

/** Begins an evaluation; returns what it may use. */
export function beginSteps(budget: StepBudget | undefined): number {
  const most = budget === undefined || budget.left > MOST_STEPS ? MOST_STEPS : budget.left
  meter.left = most
  return most
}

/** Ends an evaluation that could use `most` steps. */
export function endSteps(budget: StepBudget | undefined, most: number): void {
  if (budget === undefined) return
  budget.left -= most - meter.left
  if (meter.left <= 0) budget.cut = (budget.cut ?? 0) + 1
}

/** Together they may weigh so much without an order: far from what an event may cost. */
export const LIGHT = 50_000

/**
 * Those whose rules weigh least come first, so that heavy rule sets, which may cost more than the event may, are the last
 * to be evaluated, and the rules of others are evaluated all the same.
 */
export function cheapestFirst<T>(all: ReadonlySet<T>, weightOf: (one: T) => number): Iterable<T> {
  let weight = 0
  for (const one of all) weight += weightOf(one)
  return weight <= LIGHT ? all : [...all].sort((one, other) => weightOf(one) - weightOf(other))
}

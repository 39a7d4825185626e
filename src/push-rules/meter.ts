/**
 * Limits the cost of an evaluation for any rules and any event. A step is about as much work as reading one unit of a
 * text. Steps are counted, never timed, so that the same rules and event have the same outcome on every machine.
 *
 * After the limit, rules that users wrote no longer match. The default rules, room rules and sender rules are still
 * evaluated: their cost is bounded by other means.
 */

/** The step limit of one evaluation for one user. */
export const MAX_STEPS = 300_000

/** Steps shared by several evaluations of one event. `cut`: the number of evaluations that reached the limit. */
export type StepBudget = { left: number; cut?: number }

/** The step limit of all evaluations of one event in a room. */
export const MAX_ROOM_STEPS = 600_000

/** A new budget of `MAX_ROOM_STEPS` for the evaluations of one event. */
export function roomBudget(): StepBudget {
  return { left: MAX_ROOM_STEPS }
}

/** The step limit for details of `explain` beyond the outcome: some 3,000 conditions. */
const MAX_EXPLAIN_STEPS = 1_200_000

/** The step limit shared by the explanations of one response. */
export function explainBudget(): StepBudget {
  return { left: MAX_EXPLAIN_STEPS }
}

/**
 * The steps left in the current evaluation. A module variable is used because one more parameter for every search
 * would cost more than most searches. This is safe because evaluations are synchronous and never nested.
 */
export const meter = { left: MAX_STEPS }

/** Begins an evaluation; returns its step limit. */
export function beginSteps(budget: StepBudget | undefined): number {
  const most = budget === undefined || budget.left > MAX_STEPS ? MAX_STEPS : budget.left
  meter.left = most
  return most
}

/** Ends an evaluation whose step limit was `most`. */
export function endSteps(budget: StepBudget | undefined, most: number): void {
  if (budget === undefined) return
  budget.left -= most - meter.left
  if (meter.left <= 0) budget.cut = (budget.cut ?? 0) + 1
}

/** Up to this total weight no sorting is needed: it is far below the limit of one event. */
export const LIGHT = 50_000

/**
 * Sorts by the weight of the rules, lightest first. Heavy rulesets, which may exceed the limit of the event, are
 * evaluated last, so that the rules of other users are still evaluated.
 */
export function cheapestFirst<T>(all: ReadonlySet<T>, weightOf: (one: T) => number): Iterable<T> {
  let weight = 0
  for (const one of all) weight += weightOf(one)
  return weight <= LIGHT ? all : [...all].sort((one, other) => weightOf(one) - weightOf(other))
}

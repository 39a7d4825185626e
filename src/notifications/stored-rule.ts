import type { Json, JsonObject } from '../lib/json.ts'

/** The rule that produced a stored outcome. */
export function ruleOf(row: {
  rule_kind: string | null
  rule_id: string | null
}): { kind: string; ruleId: string } | null {
  const { rule_kind: kind, rule_id: ruleId } = row
  return kind === null || ruleId === null ? null : { kind, ruleId }
}

/** Parses the stored actions of a rule. */
export function readActions(stored: string): (string | JsonObject)[] {
  return JSON.parse(stored) as (Exclude<Json, null> & (string | JsonObject))[]
}

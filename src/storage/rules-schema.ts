import type { UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'

// The tables of push rules. Times are as in `schema.ts`.

type RuleKind = 'override' | 'content' | 'postcontent' | 'room' | 'sender' | 'underride'

/** A push rule that a user made. */
export type PushRulesTable = {
  user_id: UserId
  /** '' for the global scope, else the handle of the device rules (`pushers.handle`), which is never empty. */
  scope: string
  kind: RuleKind
  rule_id: string
  /** The order of the rules of one user, scope and kind. A smaller number has a higher priority. */
  place: number
  /** JSON list; null for kinds that have no conditions. */
  conditions: string | null
  pattern: string | null
  /** JSON list. */
  actions: string
  enabled: Flag
  /** The time from which the rule does not apply, and at which it is removed; null: never. */
  ends_at: number | null
  /**
   * The events that the rule holds back are summed up at `digest_at`: those after the position `digest_from`,
   * and after the point `digest_seen` if the stream has several shards.
   */
  digest: Filled<Flag>
  digest_at: number | null
  digest_from: number | null
  digest_seen: Filled<string | null>
}

/** The changes of a user to one of the server's default rules; null: unchanged. */
export type DefaultRuleChangesTable = {
  user_id: UserId
  kind: RuleKind
  rule_id: string
  enabled: Flag | null
  actions: string | null
}

/** The ruleset of a user. A user without a row has the default rules and never changed them. */
export type RuleSetsTable = {
  user_id: UserId
  /** The position of the last change. */
  version: number
  /** Whether the user has global push rules of their own, or changed defaults. */
  has_global: Flag
  has_device: Flag
}

/**
 * Handles with device rules. `unheld_since`: the time when the last pusher with the handle was removed; null
 * while there is one.
 */
export type DeviceRuleSetsTable = { user_id: UserId; handle: string; unheld_since: number | null }

export type RulesSchema = {
  push_rules: PushRulesTable
  default_rule_changes: DefaultRuleChangesTable
  rule_sets: RuleSetsTable
  device_rule_sets: DeviceRuleSetsTable
}

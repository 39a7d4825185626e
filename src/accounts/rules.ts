import { localpartOf, type UserId } from '../lib/ids.ts'
import { defaultRules, type Ruleset } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'

export type RuleSettings = { readonly legacyMentionRules: boolean }

/**
 * The global push rules of a user, as clients see them. /sync, account data and `GET /pushrules/` all take them from
 * here. Everybody has the server's default rules.
 */
export async function rulesetOf(_q: Queries, userId: UserId, settings: RuleSettings): Promise<Ruleset> {
  return defaultRules({ userId, localpart: localpartOf(userId), ...settings })
}

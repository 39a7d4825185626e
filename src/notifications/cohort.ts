import { compileRules, type CompiledRules, impersonalDefaults } from '../push-rules/index.ts'

/**
 * The cohort of everyone who has the default rules, and today that is everyone. The id is a name, not a hash of the
 * rules: when a setting changes the defaults, the running totals go on, and nobody's unread count starts again.
 *
 * When members can have rules of their own, a member is mapped to a cohort here (in SQL: in `unread-sql.ts`, the one
 * place that picks a cohort's rows for a member), and `recordEvent` decides once for each cohort of the room.
 */
export const DEFAULT_COHORT = 'default'

const compiled = new Map<boolean, CompiledRules>()

/** The rules of the cohort as they bear on members whom an event does not concern in person. */
export function cohortRules(legacyMentionRules: boolean): CompiledRules {
  const found = compiled.get(legacyMentionRules)
  if (found) return found
  const made = compileRules(impersonalDefaults({ legacyMentionRules }))
  compiled.set(legacyMentionRules, made)
  return made
}

import { DEFAULT_COHORT_ID } from '../push-rules/index.ts'

/**
 * The cohort of the members whose rules have the same outcome as the default rules. Nearly all members belong
 * to it, in every room. The id is a constant, not a hash of the rules: when a setting changes the default
 * rules, the running totals continue and no unread count restarts. For the same reason, the ids of the other
 * cohorts (`cohortIn`) leave out the rules that their members did not change.
 */
export const DEFAULT_COHORT = DEFAULT_COHORT_ID

import { DEFAULT_COHORT_ID } from '../push-rules/index.ts'

/**
 * The cohort of everyone whose rules bear on a room as the default ones do: nearly everybody, and in every room. The id is
 * a name, not a hash of the rules: when a setting changes the defaults, the running totals go on, and nobody's unread
 * count starts again. For the same reason the ids of the others (`cohortIn`) leave out what their members did not change.
 */
export const DEFAULT_COHORT = DEFAULT_COHORT_ID

/** Evaluated before every other rule, including the user's own. */
export const MASTER = '.m.rule.master'

/** MSC4028, with its unstable id. */
export const ENCRYPTED_EVENT = '.org.matrix.msc4028.encrypted_event'

const CONTAINS_DISPLAY_NAME = '.m.rule.contains_display_name'
const CONTAINS_USER_NAME = '.m.rule.contains_user_name'

/** Removed from the specification in 1.17 (MSC4210). They never apply to an event that has `m.mentions`. */
export const LEGACY_MENTION_RULES: ReadonlySet<string> = new Set([
  CONTAINS_DISPLAY_NAME,
  CONTAINS_USER_NAME,
  '.m.rule.roomnotif',
])

/** The default rules that can match for one member and not for another in the same room. */
export const PERSONAL_RULES: ReadonlySet<string> = new Set([
  '.m.rule.invite_for_me',
  '.m.rule.is_user_mention',
  CONTAINS_DISPLAY_NAME,
  CONTAINS_USER_NAME,
])

import { bodyOf, foldedAt, type EvaluatedEvent } from './event.ts'
import { parseKeyPath, valueAt } from './key-path.ts'
import { bodyKeys } from './mention-index.ts'
import type { EvaluationContext, RuleSettings } from './model.ts'
import { peopleWithLevels } from './power-levels.ts'

export type ConcernedOptions = RuleSettings & {
  /** Mentioned users beyond this number are not told; 1000 unless given. */
  maxMentioned?: number
  /** Keys of the body beyond this number are not told (see `bodyKeys`); 1000 unless given. */
  maxBodyKeys?: number
}

/** Whom the default rules may treat differently from the other members; everyone else has the impersonal outcome. */
export type Concerned = {
  /** User ids in `m.mentions`, as written, each once. They need not be members, nor users of this server. */
  readonly mentioned: readonly string[]
  /** Who is invited by this event. */
  readonly target: string | undefined
  /** Members with one of these `mentionKey`s may be named in the text. Empty unless the legacy rules apply. */
  readonly bodyKeys: readonly string[]
  /** Whose power level may be another than everybody else's, where a default rule asks for it (MSC4506); else empty. */
  readonly privileged: readonly string[]
}

const TYPE = parseKeyPath('type')
const MEMBERSHIP = parseKeyPath('content.membership')
const USER_IDS = ['content', 'm.mentions', 'user_ids']
/** User ids have at most 255 bytes, so never more UTF-16 units. */
const MAX_USER_ID_LENGTH = 255

/**
 * Who must be evaluated in person. Rules that users wrote themselves are not considered: their owners have to be found
 * through their rules. `context`: of the room; it is asked only for what the experimental rules need.
 */
export function concernedUsers(
  event: EvaluatedEvent,
  options: ConcernedOptions,
  context?: EvaluationContext,
): Concerned {
  const { legacyMentionRules, maxMentioned = 1000, maxBodyKeys = 1000 } = options
  const body = legacyMentionRules && !event.hasMentions ? bodyOf(event) : null
  return {
    mentioned: mentionedUsers(event, maxMentioned),
    target: inviteTarget(event),
    bodyKeys: body === null ? [] : bodyKeys(body, maxBodyKeys),
    privileged: options.experimental?.knocks === true ? toldOfKnock(event, context) : [],
  }
}

function mentionedUsers(event: EvaluatedEvent, limit: number): string[] {
  const userIds = valueAt(event.source, USER_IDS)
  const mentioned = new Set<string>()
  for (const userId of Array.isArray(userIds) ? (userIds as unknown[]) : []) {
    if (mentioned.size >= limit) break
    if (isUserId(userId)) mentioned.add(userId)
  }
  return [...mentioned]
}

function toldOfKnock(event: EvaluatedEvent, context: EvaluationContext | undefined): string[] {
  if (foldedAt(event, TYPE) !== 'm.room.member' || foldedAt(event, MEMBERSHIP) !== 'knock') return []
  return context === undefined ? [] : [...new Set(peopleWithLevels(context).filter(isUserId))]
}

/** Compared with folded case, as the conditions of `.m.rule.invite_for_me` are. */
function inviteTarget(event: EvaluatedEvent): string | undefined {
  if (foldedAt(event, TYPE) !== 'm.room.member' || foldedAt(event, MEMBERSHIP) !== 'invite') return undefined
  const target = valueAt(event.source, ['state_key'])
  return isUserId(target) ? target : undefined
}

/** Whether it can be a user id at all, and be asked for in any database. */
function isUserId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.startsWith('@') &&
    value.includes(':') &&
    value.length <= MAX_USER_ID_LENGTH &&
    !value.includes('\0') &&
    value.isWellFormed()
  )
}

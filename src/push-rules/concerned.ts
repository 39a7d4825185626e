import { bodyOf, foldedAt, type EvaluatedEvent } from './event.ts'
import { parseKeyPath, valueAt } from './key-path.ts'
import { bodyKeys } from './mention-index.ts'
import type { EvaluationContext, RuleSettings } from './model.ts'
import { usersWithLevels } from './power-levels.ts'

/** The settings that select the default rules, and limits for `concernedUsers`. */
export type ConcernedOptions = RuleSettings & {
  /** Mentioned users beyond this number are left out. Default: 1000. */
  maxMentioned?: number
  /** Keys of the body beyond this number are left out (see `bodyKeys`). Default: 1000. */
  maxBodyKeys?: number
}

/** The users for which the default rules may have another outcome. All other members have the impersonal outcome. */
export type Concerned = {
  /** User ids in `m.mentions`, as written, each once. They need not be members, nor users of this server. */
  readonly mentioned: readonly string[]
  /** The user that this event invites. */
  readonly target: string | undefined
  /**
   * Members with one of these `mentionKey`s may be named in the text. Empty unless the legacy mention rules apply.
   */
  readonly bodyKeys: readonly string[]
  /**
   * Users whose power level may differ from the room's default, if a default rule checks it (MSC4506); otherwise
   * empty. With them, the users with a subscription to the thread of the event (MSC4306).
   */
  readonly privileged: readonly string[]
}

const TYPE = parseKeyPath('type')
const MEMBERSHIP = parseKeyPath('content.membership')
const USER_IDS = ['content', 'm.mentions', 'user_ids']
/** A user id has at most 255 bytes, and therefore at most 255 UTF-16 units. */
const MAX_USER_ID_LENGTH = 255

/**
 * The members to evaluate individually. Rules that users wrote are not considered: find their owners by their rules.
 * `context`: the room. Only the experimental rules use it.
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
    privileged: [
      ...(options.experimental?.knocks === true ? usersNotifiedOfKnock(event, context) : []),
      ...(context?.subscribers ?? []),
    ],
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

function usersNotifiedOfKnock(event: EvaluatedEvent, context: EvaluationContext | undefined): string[] {
  if (foldedAt(event, TYPE) !== 'm.room.member' || foldedAt(event, MEMBERSHIP) !== 'knock') return []
  return context === undefined ? [] : [...new Set(usersWithLevels(context).filter(isUserId))]
}

/** Compared case folded, like the conditions of `.m.rule.invite_for_me`. */
function inviteTarget(event: EvaluatedEvent): string | undefined {
  if (foldedAt(event, TYPE) !== 'm.room.member' || foldedAt(event, MEMBERSHIP) !== 'invite') return undefined
  const target = valueAt(event.source, ['state_key'])
  return isUserId(target) ? target : undefined
}

/** Whether the value can be a user id and is safe to use in a query on both databases. */
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

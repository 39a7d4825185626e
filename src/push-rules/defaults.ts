import { MASTER, PERSONAL_RULES } from './default-ids.ts'
import { defaultRule, HIGHLIGHT, IN_PAIRS, match, RING, SOUND } from './default-rule.ts'
import {
  encryptedEventRules,
  liveLocationRules,
  knockRules,
  pollRules,
  threadRules,
} from './experimental-rules.ts'
import { MENTIONED_USERS_KEY } from './key-path.ts'
import type { Condition, ConditionalRule, Ruleset, RuleSettings } from './model.ts'
import { canBeName } from './text.ts'

/** The user that the default rules concern, and the settings that select the rules. */
export type DefaultRulesOptions = RuleSettings & { readonly userId: string; readonly localpart: string }

/**
 * The server's default rules (client-server API, "Predefined Rules", as of version 1.17), in order, with the rules of
 * the proposals that the settings switch on. Those have their unstable ids until the proposal is accepted. Each call
 * makes a new set.
 */
export function defaultRules(options: DefaultRulesOptions): Ruleset {
  return {
    override: overrideRules(options),
    content: isMentionedByName(options)
      ? [
          {
            rule_id: '.m.rule.contains_user_name',
            default: true,
            enabled: true,
            pattern: options.localpart,
            actions: ['notify', { ...SOUND }, { ...HIGHLIGHT }],
          },
        ]
      : [],
    ...threadRules(options.experimental),
    room: [],
    sender: [],
    underride: underrideRules(options),
  }
}

/**
 * A localpart without letters and digits (`@.:example.org`) gets no rule, because it is found in nearly every
 * message.
 */
function isMentionedByName({ legacyMentionRules, localpart }: DefaultRulesOptions): boolean {
  // The empty localpart is a placeholder for the localpart of any user (`compiledDefaults`).
  return legacyMentionRules && (localpart === '' || canBeName(localpart))
}

/**
 * The default rules for a member that an event does not concern individually: the same rules in the same order, with
 * the rules that concern one user disabled. `concernedUsers` finds the members that an event does concern.
 */
export function impersonalDefaults(options: RuleSettings): Ruleset {
  const rules = defaultRules({ ...options, userId: '', localpart: '' })
  const disablePersonal = <Rule extends ConditionalRule>(rule: Rule): Rule =>
    PERSONAL_RULES.has(rule.rule_id) ? { ...rule, enabled: false } : rule
  return {
    ...rules,
    override: rules.override.map(disablePersonal),
    content: rules.content.map(disablePersonal),
  }
}

const MAY_NOTIFY_ROOM: Condition = { kind: 'sender_notification_permission', key: 'room' }

function overrideRules({
  userId,
  legacyMentionRules,
  experimental = {},
}: DefaultRulesOptions): ConditionalRule[] {
  return [
    defaultRule(MASTER, [], []),
    ...encryptedEventRules(experimental),
    defaultRule('.m.rule.suppress_notices', [match('content.msgtype', 'm.notice')], []),
    defaultRule(
      '.m.rule.invite_for_me',
      [match('type', 'm.room.member'), match('content.membership', 'invite'), match('state_key', userId)],
      ['notify', SOUND],
    ),
    ...knockRules(experimental),
    defaultRule('.m.rule.member_event', [match('type', 'm.room.member')], []),
    ...mentionRules(userId, legacyMentionRules),
    defaultRule(
      '.m.rule.tombstone',
      [match('type', 'm.room.tombstone'), match('state_key', '')],
      ['notify', HIGHLIGHT],
    ),
    defaultRule('.m.rule.reaction', [match('type', 'm.reaction')], []),
    defaultRule('.m.rule.room.server_acl', [match('type', 'm.room.server_acl'), match('state_key', '')], []),
    ...pollRules(experimental).override,
    ...liveLocationRules(experimental).override,
    // Below the mention rules, so that an edit that newly mentions someone still notifies.
    defaultRule(
      '.m.rule.suppress_edits',
      [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
      [],
    ),
  ]
}

function mentionRules(userId: string, legacyMentionRules: boolean): ConditionalRule[] {
  const rules = [
    defaultRule(
      '.m.rule.is_user_mention',
      [{ kind: 'event_property_contains', key: MENTIONED_USERS_KEY, value: userId }],
      ['notify', SOUND, HIGHLIGHT],
    ),
    defaultRule(
      '.m.rule.is_room_mention',
      [{ kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true }, MAY_NOTIFY_ROOM],
      ['notify', HIGHLIGHT],
    ),
  ]
  if (!legacyMentionRules) return rules
  const byName = defaultRule(
    '.m.rule.contains_display_name',
    [{ kind: 'contains_display_name' }],
    ['notify', SOUND, HIGHLIGHT],
  )
  const byRoom = defaultRule(
    '.m.rule.roomnotif',
    [match('content.body', '@room'), MAY_NOTIFY_ROOM],
    ['notify', HIGHLIGHT],
  )
  return [...rules.toSpliced(1, 0, byName), byRoom]
}

function underrideRules({ experimental = {} }: DefaultRulesOptions): ConditionalRule[] {
  const encrypted = match('type', 'm.room.encrypted')
  const message = match('type', 'm.room.message')
  return [
    defaultRule('.m.rule.call', [match('type', 'm.call.invite')], ['notify', RING]),
    defaultRule('.m.rule.encrypted_room_one_to_one', [IN_PAIRS, encrypted], ['notify', SOUND]),
    defaultRule('.m.rule.room_one_to_one', [IN_PAIRS, message], ['notify', SOUND]),
    defaultRule('.m.rule.message', [message], ['notify']),
    defaultRule('.m.rule.encrypted', [encrypted], ['notify']),
    ...pollRules(experimental).underride,
    ...liveLocationRules(experimental).underride,
  ]
}

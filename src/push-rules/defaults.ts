import { MASTER, PERSONAL_RULES } from './default-ids.ts'
import type { Action, Condition, ConditionalRule, Ruleset, RuleSettings, SetTweak } from './model.ts'

export type DefaultRulesOptions = RuleSettings & { readonly userId: string; readonly localpart: string }

const SOUND: SetTweak = { set_tweak: 'sound', value: 'default' }
const RING: SetTweak = { set_tweak: 'sound', value: 'ring' }
const HIGHLIGHT: SetTweak = { set_tweak: 'highlight' }

/**
 * The server's default rules (client-server API, "Predefined Rules", as of version 1.17), in order. Each call makes a
 * set of its own.
 */
export function defaultRules(options: DefaultRulesOptions): Ruleset {
  return {
    override: overrideRules(options),
    content: options.legacyMentionRules
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
    room: [],
    sender: [],
    underride: underrideRules(),
  }
}

/**
 * The default rules as they bear on a member whom an event does not concern in person: the same rules in the same
 * order, those that concern one person disabled. Whom an event does concern is told by `concernedUsers`.
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

function rule(ruleId: string, conditions: Condition[], actions: Action[]): ConditionalRule {
  return {
    rule_id: ruleId,
    default: true,
    enabled: ruleId !== MASTER,
    conditions,
    actions: actions.map((action) => (typeof action === 'string' ? action : { ...action })),
  }
}

function match(key: string, pattern: string): Condition {
  return { kind: 'event_match', key, pattern }
}

function overrideRules({ userId, legacyMentionRules }: DefaultRulesOptions): ConditionalRule[] {
  const maySenderNotifyRoom: Condition = { kind: 'sender_notification_permission', key: 'room' }
  const rules = [
    rule(MASTER, [], []),
    rule('.m.rule.suppress_notices', [match('content.msgtype', 'm.notice')], []),
    rule(
      '.m.rule.invite_for_me',
      [match('type', 'm.room.member'), match('content.membership', 'invite'), match('state_key', userId)],
      ['notify', SOUND],
    ),
    rule('.m.rule.member_event', [match('type', 'm.room.member')], []),
    rule(
      '.m.rule.is_user_mention',
      [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
      ['notify', SOUND, HIGHLIGHT],
    ),
  ]
  if (legacyMentionRules) {
    rules.push(
      rule(
        '.m.rule.contains_display_name',
        [{ kind: 'contains_display_name' }],
        ['notify', SOUND, HIGHLIGHT],
      ),
    )
  }
  rules.push(
    rule(
      '.m.rule.is_room_mention',
      [
        { kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true },
        { ...maySenderNotifyRoom },
      ],
      ['notify', HIGHLIGHT],
    ),
  )
  if (legacyMentionRules) {
    rules.push(
      rule(
        '.m.rule.roomnotif',
        [match('content.body', '@room'), { ...maySenderNotifyRoom }],
        ['notify', HIGHLIGHT],
      ),
    )
  }
  rules.push(
    rule(
      '.m.rule.tombstone',
      [match('type', 'm.room.tombstone'), match('state_key', '')],
      ['notify', HIGHLIGHT],
    ),
    rule('.m.rule.reaction', [match('type', 'm.reaction')], []),
    rule('.m.rule.room.server_acl', [match('type', 'm.room.server_acl'), match('state_key', '')], []),
    // Below the mention rules, so that an edit that newly mentions someone still notifies.
    rule(
      '.m.rule.suppress_edits',
      [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
      [],
    ),
  )
  return rules
}

function underrideRules(): ConditionalRule[] {
  const inPairs: Condition = { kind: 'room_member_count', is: '2' }
  const encrypted = match('type', 'm.room.encrypted')
  const message = match('type', 'm.room.message')
  return [
    rule('.m.rule.call', [match('type', 'm.call.invite')], ['notify', RING]),
    rule('.m.rule.encrypted_room_one_to_one', [{ ...inPairs }, { ...encrypted }], ['notify', SOUND]),
    rule('.m.rule.room_one_to_one', [{ ...inPairs }, { ...message }], ['notify', SOUND]),
    rule('.m.rule.message', [{ ...message }], ['notify']),
    rule('.m.rule.encrypted', [{ ...encrypted }], ['notify']),
  ]
}

import { type ComponentChildren, h } from 'preact'
import type { RuleName as Name } from '../types.ts'
import { maybe, t } from '../words.ts'

type RuleTitleProps = {
  rule: Pick<Name, 'kind' | 'rule_id'> & Partial<Name>
  /** Without the id of a default rule. */
  isShort?: boolean
  /** For a rule of a room: the name of the room. */
  name?: string | null
}

/** The words for a push rule. Default rules have a sentence; the id follows for readers of the specification. */
export function RuleTitle({ rule, isShort = false, name = null }: RuleTitleProps): ComponentChildren {
  const words = name === null ? defaultRuleWords(rule.rule_id) : undefined
  return h(
    'span',
    { class: 'rule-title' },
    h('span', null, words ?? ownRuleWords({ ...rule, rule_id: name ?? rule.rule_id })),
    rule.scope === 'device' &&
      h('span', { class: 'muted' }, ' ', t('rule-device', { handle: rule.instance_handle ?? '' })),
    words !== undefined && !isShort && h('code', null, rule.rule_id),
  )
}

const defaultRuleWords = (ruleId: string) => maybe(`rule${ruleId.replaceAll(/[._]+/g, '-')}`)

const ownRuleWords = ({ kind, rule_id: id }: Pick<Name, 'kind' | 'rule_id'>) =>
  t('rule-own', { kind: maybe(`kind-${kind}`) ?? kind, id })

/** The words for a push rule as one text. */
export function ruleWords(rule: Name): string {
  const words = defaultRuleWords(rule.rule_id) ?? ownRuleWords(rule)
  return rule.scope === 'device'
    ? `${words} (${t('rule-device', { handle: rule.instance_handle ?? '' })})`
    : words
}

import { type ComponentChildren, h } from 'preact'
import type { RuleName as Name } from '../types.ts'
import { maybe, t } from '../words.ts'

type RuleTitleProps = {
  rule: Pick<Name, 'kind' | 'rule_id'> & Partial<Name>
  /** Without the id of a default rule. */
  isShort?: boolean
}

/** The words for a push rule. Default rules have a sentence; the id follows for readers of the specification. */
export function RuleTitle({ rule, isShort = false }: RuleTitleProps): ComponentChildren {
  const words = maybe(`rule${rule.rule_id.replaceAll(/[._]+/g, '-')}`)
  const kind = maybe(`kind-${rule.kind}`) ?? rule.kind
  return h(
    'span',
    { class: 'rule-title' },
    h('span', null, words ?? t('rule-own', { kind, id: rule.rule_id })),
    rule.scope === 'device' &&
      h('span', { class: 'muted' }, ' ', t('rule-device', { handle: rule.instance_handle ?? '' })),
    words !== undefined && !isShort && h('code', null, rule.rule_id),
  )
}

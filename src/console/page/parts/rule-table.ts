import { type ComponentChildren, h } from 'preact'
import type { RuleCheck, RuleLine } from '../types.ts'
import { maybe, t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'
import { RuleTitle } from './rule-name.ts'

const LOOKS: Readonly<Record<string, readonly [Tone, IconName]>> = {
  matched: ['good', 'check'],
  'wakes only': ['info', 'bell'],
  'no match': ['quiet', 'cross'],
  disabled: ['quiet', 'dash'],
  malformed: ['bad', 'warn'],
  'not evaluated': ['wait', 'dash'],
}

/**
 * Rules in the order of evaluation, each with its conditions. The rules before the match are folded up, and
 * those after it are counted only.
 */
export function RuleTable({
  caption,
  rules,
}: {
  caption: string
  rules: readonly RuleLine[]
}): ComponentChildren {
  const decisive = rules.filter(isDecisive)
  const others = rules.filter((rule) => !isDecisive(rule) && rule.verdict !== 'not reached')
  const rest = rules.length - decisive.length - others.length
  const list = (some: readonly RuleLine[]) =>
    h(
      'ol',
      null,
      some.map((rule, index) => h(Rule, { rule, key: index })),
    )
  return h(
    'div',
    { class: 'rules' },
    h('h3', null, caption),
    others.length > 0 &&
      h('details', null, h('summary', null, t('rules-not-matched', { count: others.length })), list(others)),
    decisive.length > 0 && list(decisive),
    rest > 0 && h('p', { class: 'muted' }, t('rules-not-reached', { count: rest })),
  )
}

const isDecisive = ({ verdict }: RuleLine) => verdict === 'matched' || verdict === 'wakes only'

function Rule({ rule }: { rule: RuleLine }): ComponentChildren {
  const [tone, icon] = LOOKS[rule.verdict] ?? (['info', 'dash'] as const)
  const word = maybe(`verdict-${rule.verdict.replaceAll(' ', '-')}`) ?? rule.verdict
  const head = [h(RuleTitle, { rule, key: 'title' }), h(Chip, { tone, icon, key: 'verdict' }, word)]
  if (rule.conditions.length === 0) return h('li', null, h('div', { class: 'rule-head' }, head))
  return h(
    'li',
    null,
    h(
      'details',
      { open: isDecisive(rule) },
      h('summary', { class: 'rule-head' }, head),
      h(
        'ul',
        { class: 'checks' },
        rule.conditions.map((check, index) => h(Check, { check, key: index })),
      ),
    ),
  )
}

/** A condition in words, with the expected and the actual value. */
function Check({ check }: { check: RuleCheck }): ComponentChildren {
  const { kind, key } = (check.condition ?? {}) as { kind?: unknown; key?: unknown }
  const name = maybe(`condition-${String(kind).replaceAll('_', '-')}`) ?? String(kind)
  return h(
    'li',
    null,
    h(
      Chip,
      { tone: check.holds ? 'good' : 'quiet', icon: check.holds ? 'check' : 'cross' },
      t(check.holds ? 'check-holds' : 'check-fails'),
    ),
    h('span', null, name, typeof key === 'string' && [' ', h('code', { key: 'key' }, key)]),
    h(
      'span',
      { class: 'muted' },
      t('check-expected'),
      ' ',
      h('code', null, shown(check.expected)),
      check.hidden !== true && [
        ' · ',
        t('check-actual'),
        ' ',
        h('code', { key: 'actual' }, shown(check.actual)),
      ],
    ),
  )
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return t('check-nothing')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api.ts'
import { type AllRules, otherRules, pathOfRule, type StoredRule } from '../rule-matrix.ts'
import { t } from '../words.ts'
import { Chip } from './chip.ts'
import { errorText, Notice } from './loaded.ts'
import { RuleTitle } from './rule-name.ts'
import { Table } from './table.ts'
import { When } from './when.ts'

type Line = { handle: string; kind: string; rule: StoredRule }

type OtherProps = {
  rules: AllRules
  devices: readonly { handle: string; name: string }[]
  reload: () => void
}

/** The rules with conditions of the user, then the default rules, each with a switch. */
export function OtherRules({ rules, devices, reload }: OtherProps): ComponentChildren {
  const [error, setError] = useState('')
  const change = async (method: 'PUT' | 'DELETE', path: string, body?: Record<string, unknown>) => {
    setError('')
    try {
      await call(method, path, body === undefined ? {} : { body })
    } catch (refused) {
      setError(errorText(refused))
    }
    reload()
  }
  const own = otherRules(rules)
  const shipped = Object.entries(rules.global).flatMap(([kind, list = []]) =>
    list.filter((rule) => rule.default).map((rule) => ({ handle: '', kind, rule })),
  )
  const nameOf = (handle: string) =>
    handle === '' ? t('rules-account') : (devices.find((one) => one.handle === handle)?.name ?? handle)
  const tableOf = (word: string, lines: readonly Line[]) =>
    h(RuleSwitches, { key: word, word, lines, nameOf, change })
  return h(
    'section',
    { 'aria-labelledby': 'rules-other' },
    h('h2', { id: 'rules-other' }, t('rules-other')),
    error !== '' && h(Notice, { tone: 'bad', icon: 'warn', title: error, alert: true }),
    own.length > 0 && tableOf('rules-own', own),
    h(
      'details',
      { class: 'rules' },
      h('summary', null, t('rules-defaults')),
      tableOf('rules-defaults', shipped),
    ),
  )
}

type SwitchesProps = {
  word: string
  lines: readonly Line[]
  nameOf: (handle: string) => string
  change: (method: 'PUT' | 'DELETE', path: string, body?: Record<string, unknown>) => Promise<void>
}

function RuleSwitches({ word, lines, nameOf, change }: SwitchesProps): ComponentChildren {
  const pathOf = ({ handle, kind, rule }: Line) => pathOfRule(handle, kind, rule.rule_id)
  return h(Table<Line>, {
    caption: t(word),
    rows: lines,
    keyOf: ({ handle, kind, rule }) => `${handle} ${kind} ${rule.rule_id}`,
    columns: [
      {
        key: 'rule',
        label: t('rules-rule'),
        isName: true,
        cell: ({ kind, rule }) => [
          h(RuleTitle, { key: 'title', rule: { kind, rule_id: rule.rule_id } }),
          !rule.default &&
            h(
              'code',
              { key: 'conditions', class: 'muted' },
              JSON.stringify(rule.conditions ?? []).slice(0, 200),
            ),
        ],
      },
      { key: 'where', label: t('try-scope'), cell: ({ handle }) => h('bdi', null, nameOf(handle)) },
      {
        key: 'state',
        label: t('rules-state'),
        cell: ({ rule }) => [
          h(
            Chip,
            { key: 'chip', tone: rule.enabled ? 'good' : 'quiet', icon: rule.enabled ? 'check' : 'dash' },
            t(rule.enabled ? 'rules-on' : 'rules-off'),
          ),
          rule['org.belfry.until'] !== undefined && [
            ` ${t('rules-ends')} `,
            h(When, { key: 'until', at: rule['org.belfry.until'] }),
          ],
        ],
      },
      {
        key: 'change',
        label: t('rules-actions'),
        cell: (line) =>
          h(RuleButtons, {
            rule: line.rule,
            toggle: () => void change('PUT', `${pathOf(line)}/enabled`, { enabled: !line.rule.enabled }),
            remove: () => void change('DELETE', pathOf(line)),
          }),
      },
    ],
  })
}

type ButtonsProps = { rule: StoredRule; toggle: () => void; remove: () => void }

function RuleButtons({ rule, toggle, remove }: ButtonsProps): ComponentChildren {
  const button = (word: string, onClick: () => void) =>
    h(
      'button',
      { type: 'button', onClick },
      t(word),
      h('span', { class: 'visually-hidden' }, ' ', rule.rule_id),
    )
  return h(
    'div',
    { class: 'actions' },
    button(rule.enabled ? 'rules-switch-off' : 'rules-switch-on', toggle),
    !rule.default && button('rules-delete', remove),
  )
}

import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api.ts'
import type { FindingLine, FindingRule, RemedyLine } from '../types.ts'
import { maybe, t } from '../words.ts'
import { errorText } from './loaded.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'
import { ruleWords } from './rule-name.ts'
import { absoluteTime } from './when.ts'

const LOOKS: Readonly<Record<FindingLine['severity'], readonly [Tone, IconName]>> = {
  problem: ['bad', 'warn'],
  warning: ['wait', 'warn'],
  hint: ['info', 'dash'],
}

type FindingsProps = {
  findings: readonly FindingLine[]
  /** Called after a remedy was applied. */
  reload: () => void
}

/** What the doctor has found (docs/doctor.md), each with its remedies as buttons. */
export function Findings({ findings, reload }: FindingsProps): ComponentChildren {
  return h(
    'ul',
    { class: 'findings' },
    findings.map((finding, at) => h(Finding, { key: `${finding.code} ${at}`, finding, reload })),
  )
}

function Finding({ finding, reload }: { finding: FindingLine; reload: () => void }): ComponentChildren {
  const { severity, code, text, advice, remedies } = finding
  const [tone, icon] = LOOKS[severity]
  const [result, setResult] = useState('')
  const key = slug(code)
  const values = valuesOf(finding)
  const apply = async (remedy: RemedyLine) => {
    setResult(t('finding-busy'))
    try {
      await call(remedy.method, remedy.path, remedy.body === null ? {} : { body: remedy.body })
      setResult(t('finding-done'))
      reload()
    } catch (error) {
      setResult(errorText(error))
    }
  }
  return h(
    'li',
    { class: 'panel finding' },
    h(Chip, { tone, icon }, t(`severity-${severity}`)),
    h(
      'div',
      null,
      h('p', { class: 'finding-text' }, maybe(`finding-${key}`, values) ?? text),
      h('p', { class: 'muted' }, maybe(`advice-${key}`) ?? advice),
      h(
        'div',
        { class: 'actions' },
        remedies.map((remedy) =>
          h(
            'button',
            {
              type: 'button',
              key: `${remedy.method} ${remedy.path} ${remedy.code}`,
              onClick: () => void apply(remedy),
            },
            maybe(`remedy-${slug(remedy.code)}`, {
              ...values,
              rule: ruleText(remedy.rule ?? finding.rule),
            }) ?? remedy.label,
          ),
        ),
        h('span', { role: 'status' }, result),
      ),
    ),
  )
}

const slug = (code: string) => code.replaceAll(/[^a-z]+/g, '-')

/** The parameters of the words for a finding. */
function valuesOf({
  pusher,
  rule,
  other_rule: other,
  room,
  rooms,
  instance_handle: handle,
  since,
}: FindingLine) {
  return {
    device: pusher?.device_display_name ?? '',
    rule: ruleText(rule),
    other: ruleText(other),
    room: room?.name ?? room?.room_id ?? '',
    count: rooms?.total ?? 0,
    handle: handle ?? pusher?.instance_handle ?? '',
    since: since === null ? '' : absoluteTime(since),
  }
}

const ruleText = (rule: FindingRule | null): string => (rule === null ? '' : ruleWords(rule))

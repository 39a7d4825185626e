import { type ComponentChildren, h } from 'preact'
import type { StepLine } from '../types.ts'
import { t } from '../words.ts'
import { RuleTitle } from './rule-name.ts'
import { duration, When } from './when.ts'

/** The steps of a journey in order. `from`: times are shown relative to this time, or else to the present. */
export function Steps({
  steps,
  from,
}: {
  steps: readonly StepLine[]
  from: number | null
}): ComponentChildren {
  return h(
    'ol',
    { class: 'steps' },
    steps.map((step, index) =>
      h(
        'li',
        { key: index, class: `step ${toneOf(step)}` },
        h('span', { class: 'step-text' }, step.text),
        h('span', { class: 'step-time muted' }, timeOf(step, from)),
        detailsOf(step),
      ),
    ),
  )
}

function timeOf({ at }: StepLine, from: number | null): ComponentChildren {
  if (at === null) return ''
  return from === null ? h(When, { at }) : `+ ${duration(Math.max(0, at - from))}`
}

function detailsOf({
  attempt,
  status,
  ms,
  error,
  provider_id: providerId,
  next_attempt_at: next,
  rule,
}: StepLine): ComponentChildren {
  const facts = [
    attempt !== undefined && t('step-attempt', { number: attempt }),
    typeof status === 'number' && t('step-status', { status: String(status) }),
    typeof ms === 'number' && duration(ms),
    typeof error === 'string' && error,
    typeof providerId === 'string' && providerId,
  ].filter((fact) => fact !== false)
  // The rule of a decision about the event has a place of its own above.
  const deviceRule = rule?.scope === undefined ? null : rule
  if (facts.length === 0 && typeof next !== 'number' && deviceRule === null) return null
  return h(
    'span',
    { class: 'step-details muted' },
    facts.map((fact, index) => h('bdi', { key: index }, fact)),
    deviceRule && h(RuleTitle, { rule: { kind: deviceRule.kind, rule_id: deviceRule.rule_id } }),
    typeof next === 'number' && h('span', null, t('step-next'), ' ', h(When, { at: next })),
  )
}

const TONES: Readonly<Record<string, string | undefined>> = {
  sent: 'good',
  fetched: 'good',
  rejected: 'bad',
  dropped: 'bad',
  waiting: 'wait',
  held: 'wait',
}

function toneOf({ step, reason }: StepLine): string {
  if (step === 'attempt' || step === 'gateway')
    return ['taken', 'mail taken', 'delivered', 'queued', 'duplicate'].includes(reason) ? 'good' : 'bad'
  return TONES[step] ?? 'quiet'
}

import { type ComponentChildren, h } from 'preact'
import { RULE_EFFECTS, RULE_SUBJECTS, type EditedRule } from '../edited-rule.ts'
import { t } from '../words.ts'
import { Field, Select, TextField } from './field.ts'
import { Icon } from './icon.ts'

type EditorProps = {
  draft: EditedRule
  setDraft: (draft: EditedRule) => void
  /** Handles of devices, with the names of the devices. */
  handles: readonly (readonly [handle: string, name: string])[]
}

/** A form for a push rule: what it applies to, its effect and its scope. */
export function RuleEditor({ draft, setDraft, handles }: EditorProps): ComponentChildren {
  const change = (part: Partial<EditedRule>) => setDraft({ ...draft, ...part })
  const choices = <T extends string>(word: string, values: readonly T[]) =>
    values.map((value) => [value, t(`${word}-${value}`)] as const)
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'try-rule' },
    h('h2', { id: 'try-rule' }, t('try-rule')),
    h(Field, {
      label: t('try-subject'),
      children: ({ id }) =>
        h(Select<EditedRule['subject']>, {
          id,
          value: draft.subject,
          options: choices('try-subject', RULE_SUBJECTS),
          onChange: (subject) => change({ subject, value: '' }),
        }),
    }),
    h(TextField, {
      label: t(`try-value-${draft.subject}`),
      value: draft.value,
      onText: (value) => change({ value }),
      isRequired: true,
      ...(draft.subject === 'conditions' && { rows: 5 }),
    }),
    h(Field, {
      label: t('try-effect'),
      children: ({ id }) =>
        h(Select<EditedRule['effect']>, {
          id,
          value: draft.effect,
          options: choices('try-effect', RULE_EFFECTS),
          onChange: (effect) => change({ effect }),
        }),
    }),
    h(Field, {
      label: t('try-scope'),
      children: ({ id }) =>
        h(Select<string>, {
          id,
          value: draft.handle,
          options: [['', t('try-all-devices')] as const, ...handles],
          onChange: (handle) => change({ handle }),
        }),
    }),
    h('button', { type: 'submit', class: 'primary' }, h(Icon, { name: 'flask' }), t('try-do')),
  )
}

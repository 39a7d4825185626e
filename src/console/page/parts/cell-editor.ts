import { type ComponentChildren, h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { clockOffset } from '../api.ts'
import { type Cell, type Effect, EFFECTS, type Subject } from '../rule-matrix.ts'
import { t } from '../words.ts'
import { Field, Select } from './field.ts'

const HOUR_MS = 3_600_000
const PERIODS = ['always', 'hour', 'work', 'day'] as const
const LENGTHS = { always: undefined, hour: HOUR_MS, work: 8 * HOUR_MS, day: 24 * HOUR_MS } as const

type EditorProps = {
  subject: Subject
  /** The room, person or word, and the scope, in words. */
  title: string
  cell: Cell
  onSave: (cell: Cell) => void
  onClose: () => void
}

/** A dialog for the effect of a cell. The browser returns the focus to its opener. */
export function CellEditor({ subject, title, cell, onSave, onClose }: EditorProps): ComponentChildren {
  const dialog = useRef<HTMLDialogElement>(null)
  const [effect, setEffect] = useState<Effect>(cell.effect)
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>('always')
  useEffect(() => dialog.current?.showModal(), [])
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    const length = LENGTHS[period]
    dialog.current?.close()
    onSave({
      effect,
      until: length === undefined ? undefined : Math.round(Date.now() + clockOffset.value + length),
    })
  }
  return h(
    'dialog',
    { ref: dialog, onClose, 'aria-labelledby': 'cell-title' },
    h(
      'form',
      { onSubmit: save },
      h('h2', { id: 'cell-title' }, title),
      h(Field, {
        label: t('rules-effect'),
        children: ({ id }) =>
          h(Select<Effect>, {
            id,
            value: effect,
            options: EFFECTS[subject].map((one) => [one, t(`effect-${one}`)] as const),
            onChange: setEffect,
          }),
      }),
      effect !== 'inherits' &&
        h(Field, {
          label: t('rules-period'),
          children: ({ id }) =>
            h(Select<(typeof PERIODS)[number]>, {
              id,
              value: period,
              options: PERIODS.map((one) => [one, t(`period-${one}`)] as const),
              onChange: setPeriod,
            }),
        }),
      h(
        'div',
        { class: 'actions' },
        h('button', { type: 'submit', class: 'primary' }, t('rules-save')),
        h('button', { type: 'button', onClick: () => dialog.current?.close() }, t('close')),
      ),
    ),
  )
}

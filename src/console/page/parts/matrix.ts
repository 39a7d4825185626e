import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api.ts'
import {
  type AllRules,
  type Cell,
  cellOf,
  type MatrixRow,
  requestsFor,
  rowsOf,
  type RulesOfScope,
  type Subject,
} from '../rule-matrix.ts'
import { t } from '../words.ts'
import { CellEditor } from './cell-editor.ts'
import { Chip } from './chip.ts'
import { TextField } from './field.ts'
import { Icon } from './icon.ts'
import { errorText, Notice } from './loaded.ts'
import { EffectChip } from './rule-cell.ts'
import { type Column, Table } from './table.ts'

/** A column: the account (no handle), or the devices with a handle. */
export type Scope = { handle: string; name: string }

type MatrixProps = {
  subject: Subject
  rules: AllRules
  /** Names of rooms, by room id. */
  rooms: ReadonlyMap<string, string>
  scopes: readonly Scope[]
  reload: () => void
}

const ROWS_SHOWN = 20

/** The rules for rooms, people or words, by account and device. A cell opens its editor. */
export function Matrix({ subject, rules, rooms, scopes, reload }: MatrixProps): ComponentChildren {
  const [text, setText] = useState('')
  const [limit, setLimit] = useState(ROWS_SHOWN)
  const [error, setError] = useState('')
  const nameOf = (row: MatrixRow) => row.pattern ?? rooms.get(row.id) ?? row.id
  const wanted = text.trim().toLowerCase()
  const found = allRows(subject, rules, rooms).filter((row) =>
    `${nameOf(row)} ${row.id}`.toLowerCase().includes(wanted),
  )
  const change = async (scope: Scope, row: MatrixRow, cell: Cell) => {
    setError('')
    try {
      const changed = { rules: rulesOfScope(rules, scope), handle: scope.handle }
      for (const { method, path, body } of requestsFor(changed, row, cell))
        await call(method, path, body === undefined ? {} : { body })
    } catch (refused) {
      setError(errorText(refused))
    }
    reload()
  }
  const columns = columnsOf({ subject, rules, scopes, nameOf, change })
  return h(
    'section',
    { 'aria-labelledby': `rules-${subject}` },
    h('h2', { id: `rules-${subject}` }, t(`rules-${subject}s`)),
    subject === 'room' &&
      h(TextField, { label: t('rules-filter'), value: text, onText: setText, isFilter: true }),
    error !== '' && h(Notice, { tone: 'bad', icon: 'warn', title: error, alert: true }),
    found.length === 0
      ? h('p', { class: 'muted' }, t(`rules-no-${subject}s`))
      : h(Table<MatrixRow>, {
          caption: t(`rules-${subject}s`),
          columns,
          rows: found.slice(0, limit),
          keyOf: ({ id }) => id,
        }),
    found.length > limit &&
      h('button', { type: 'button', onClick: () => setLimit(limit + ROWS_SHOWN) }, t('rules-more')),
    subject !== 'room' && h(AddRow, { subject, scopes, change }),
  )
}

/** The rows with rules, then the other rooms. */
function allRows(subject: Subject, rules: AllRules, rooms: ReadonlyMap<string, string>): MatrixRow[] {
  const withRules = rowsOf(rules, subject)
  if (subject !== 'room') return withRules
  const known = new Set(withRules.map(({ id }) => id))
  return [...withRules, ...[...rooms.keys()].filter((id) => !known.has(id)).map((id) => ({ subject, id }))]
}

type ChangeCell = (scope: Scope, row: MatrixRow, cell: Cell) => Promise<void>
type ColumnsInput = Pick<MatrixProps, 'subject' | 'rules' | 'scopes'> & {
  nameOf: (row: MatrixRow) => string
  change: ChangeCell
}

function columnsOf({ subject, rules, scopes, nameOf, change }: ColumnsInput): Column<MatrixRow>[] {
  return [
    {
      key: 'name',
      label: t(`rules-${subject}`),
      isName: true,
      cell: (row) => h('bdi', { title: row.id }, nameOf(row)),
    },
    ...scopes.map((scope) => ({
      key: `scope ${scope.handle}`,
      label: scope.name,
      cell: (row: MatrixRow) =>
        h(MatrixCell, {
          row,
          cell: cellOf(rulesOfScope(rules, scope), row),
          title: t('rules-cell', { what: nameOf(row), where: scope.name }),
          onSave: (cell) => void change(scope, row, cell),
        }),
    })),
  ]
}

function rulesOfScope({ global, device = {} }: AllRules, { handle }: Scope): RulesOfScope {
  return handle === '' ? global : (device[handle] ?? {})
}

type CellProps = { row: MatrixRow; cell: Cell; title: string; onSave: (cell: Cell) => void }

function MatrixCell({ row, cell, title, onSave }: CellProps): ComponentChildren {
  const [isOpen, setIsOpen] = useState(false)
  return [
    h(
      'button',
      {
        key: 'open',
        type: 'button',
        class: 'cell',
        onClick: () => setIsOpen(true),
      },
      h('span', { class: 'visually-hidden' }, title, ': '),
      h(EffectChip, cell),
    ),
    isOpen &&
      h(CellEditor, {
        key: 'editor',
        subject: row.subject,
        title,
        cell,
        onSave,
        onClose: () => setIsOpen(false),
      }),
  ]
}

type AddProps = {
  subject: 'room' | 'sender' | 'content'
  scopes: readonly Scope[]
  change: ChangeCell
}

/** A new row for a person or a word: it rings on all devices until its cells are changed. */
function AddRow({ subject, scopes, change }: AddProps): ComponentChildren {
  const [value, setValue] = useState('')
  const [account] = scopes
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    const text = value.trim()
    if (text === '' || account === undefined) return
    setValue('')
    const row = subject === 'content' ? { subject, id: text, pattern: text } : { subject, id: text }
    void change(account, row, { effect: 'rings', until: undefined })
  }
  return h(
    'form',
    { class: 'add', onSubmit },
    h(TextField, { label: t(`rules-add-${subject}`), value, onText: setValue }),
    h('button', { type: 'submit' }, h(Icon, { name: 'bell' }), t('rules-add')),
    h(Chip, { tone: 'good', icon: 'bell' }, t('effect-rings')),
  )
}

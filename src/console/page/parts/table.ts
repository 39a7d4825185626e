import { type ComponentChildren, type Key, h } from 'preact'

export type Column<Row> = {
  key: string
  /** The heading. Narrow screens show it beside each value. */
  label: string
  cell: (row: Row) => ComponentChildren
  /** The cell that names the row. */
  isName?: boolean
}

type TableProps<Row> = {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => Key
}

/** A table that becomes a list of cards on narrow screens. The roles keep it a table for screen readers there. */
export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>): ComponentChildren {
  const heading = (column: Column<Row>) =>
    h('th', { scope: 'col', role: 'columnheader', key: column.key }, column.label)
  const cell = (column: Column<Row>, row: Row) => {
    const content = h('div', null, column.cell(row))
    return column.isName === true
      ? h('th', { scope: 'row', role: 'rowheader', key: column.key, 'data-label': column.label }, content)
      : h('td', { role: 'cell', key: column.key, 'data-label': column.label }, content)
  }
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      { role: 'table' },
      h('caption', null, caption),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map(heading))),
      h(
        'tbody',
        { role: 'rowgroup' },
        rows.map((row) =>
          h(
            'tr',
            { role: 'row', key: keyOf(row) },
            columns.map((column) => cell(column, row)),
          ),
        ),
      ),
    ),
  )
}

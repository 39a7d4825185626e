export type Table = { title: string; columns: readonly string[]; rows: readonly (readonly string[])[] }

/** Prints the first column left-aligned and the others right-aligned. */
export function printTable({ title, columns, rows }: Table): void {
  const lines = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)))
  const print = (line: readonly string[]) => {
    const cells = widths.map((width, at) =>
      at === 0 ? (line[at] ?? '').padEnd(width) : (line[at] ?? '').padStart(width),
    )
    console.log(`  ${cells.join('  ')}`)
  }
  console.log(`\n${title}`)
  print(columns)
  print(widths.map((width) => '─'.repeat(width)))
  for (const row of rows) print(row)
}

/** Formats a number; a value that could not be measured is a dash. */
export function figure(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export const percent = (share: number, digits = 0) =>
  Number.isFinite(share) ? `${figure(share * 100, digits)} %` : '–'

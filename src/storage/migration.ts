/** How the column types, and what else a migration says, are spelled in one database. */
export type ColumnTypes = {
  int: string
  /** A whole column definition: a number that the database gives out, growing, never again. */
  serial: string
  /** The same where a number that is not used any more may come again. It is cheaper in SQLite. */
  growing: string
  /** After the bracket of a table that is read by its own primary key of several columns. */
  keyed: string
  /** After the bracket of any other table. */
  plain: string
  /** For a `from` clause: the keys of the object that a JSON text has under `name`, as `listed.key`. */
  keysIn: (text: string, name: string) => string
  /** The JSON of the text in a column, as a text. */
  jsonText: (column: string) => string
  /** The origin of the URL in a column, which has its parsed form; empty for null. */
  originOf: (column: string) => string
  /** The next id of one table is as the next one of another would have been. Both are `serial`. */
  continueIds: (from: SerialColumn, to: SerialColumn) => string[]
}

type SerialColumn = { table: string; column: string }

export type Migration = {
  id: number
  name: string
  statements: (types: ColumnTypes) => string[]
}

import type { ColumnType } from 'kysely'

export type Flag = 0 | 1
/** A column that the database fills in when it is left out of an insert. */
export type Filled<T> = ColumnType<T, T | undefined, T>

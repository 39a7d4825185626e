import type { ColumnType } from 'kysely'

export type Flag = 0 | 1
/** A column with a default: an insert may leave it out. */
export type Filled<T> = ColumnType<T, T | undefined, T>

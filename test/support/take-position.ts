import type { UserId } from '../../src/lib/ids.ts'
import type { Database, TransactionOptions } from '../../src/storage/database.ts'
import { nextPosition } from '../../src/storage/stream.ts'

export const someone = '@someone:test' as UserId

/** Writes, and takes the next position of a shard of the stream. */
export const takePosition = (
  db: Pick<Database, 'transaction'>,
  options: Omit<TransactionOptions, 'orderedBy'> = {},
): Promise<number> => db.transaction((tx) => nextPosition(tx), { ...options, orderedBy: someone })

/** The value of the common sequence in a position: on SQLite the position itself. */
export const valueOf = ({ shards }: Pick<Database, 'shards'>, position: number): number =>
  Math.floor(position / shards)

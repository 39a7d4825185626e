import type { Database, Transaction } from '../../src/storage/database.ts'
import type { Queries } from '../../src/storage/query.ts'

/**
 * A database that counts its statements inside of transactions (`write`) and outside of them or in snapshots
 * (`read`). `durable`: the number of transactions with a durable commit.
 */
export function counting(db: Database) {
  const count = { read: 0, write: 0, transactions: 0 }
  let durable = 0
  const counted = (q: Queries, name: 'read' | 'write'): Queries => {
    const noted = <R>(result: R): R => {
      count[name]++
      return result
    }
    return {
      all: (query, params) => noted(q.all(query, params)),
      first: (query, params) => noted(q.first(query, params)),
      run: (query, params) => noted(q.run(query, params)),
    }
  }
  const wrapped: Database = {
    ...db,
    ...counted(db, 'read'),
    snapshot: (work, options) => db.snapshot((read) => work(counted(read, 'read')), options),
    transaction: (work, options) => {
      count.transactions++
      if (options?.durably !== false) durable++
      return db.transaction((tx) => {
        const write: Transaction['write'] = (query, params, onCommit) => {
          count.write++
          tx.write(query, params, onCommit)
        }
        return work({
          shard: tx.shard,
          inAllShards: tx.inAllShards,
          waits: tx.waits,
          ...counted(tx, 'write'),
          write,
          writeLast(query, userIds, onCommit) {
            count.write++
            tx.writeLast(query, userIds, onCommit)
          },
          usePosition: (position) => tx.usePosition(position),
          onCommit: (then) => tx.onCommit(then),
        })
      }, options)
    },
  }
  return { db: wrapped, count, durable: () => durable }
}

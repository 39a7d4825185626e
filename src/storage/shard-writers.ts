import type { Log } from '../lib/log.ts'
import type { Transaction, TransactionOptions } from './database.ts'
import { createShardQueue } from './group-queue.ts'
import type { WriteConnection } from './write-connection.ts'
import { createWriter } from './writer.ts'

/** The maximum number of groups of different shards that one process writes at the same time. */
const AT_ONCE = 4
/**
 * A group holds at most this part of all shards, so that a process that stops with one does not stop the
 * writing of all others.
 */
const PART_OF_GROUP = 0.5

type Options = {
  log: Log
  shards: number
  /** A connection that connects when it is first used. */
  connect: () => WriteConnection
}

/**
 * The writers of one process on PostgreSQL. Groups of different shards are written at the same time, each on
 * its own connection. Transactions without a shard (delivery, sweeps) have a connection of their own, so they
 * never wait for the lock of a shard, and the heartbeat has another one, so it never waits for a lane. A
 * process with few requests uses three connections.
 */
export function createShardWriters(first: WriteConnection, { log, shards, connect }: Options) {
  const queue = createShardQueue({
    most: Math.ceil(shards * PART_OF_GROUP),
    mostWaits: AT_ONCE - 1,
    onWaiting() {
      for (const writer of ofShards) writer.start()
    },
  })
  const open = (connection: WriteConnection) => createWriter(connection, log, { shards, queue })
  const main = open(first)
  const ofShards = [main, ...Array.from({ length: AT_ONCE - 1 }, () => open(connect()))]
  const ofOthers = createWriter(connect(), log, { shards })
  const apart = createWriter(connect(), log, { shards })
  return {
    transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
      const hasShard = options.orderedBy !== undefined || options.inAllShards === true
      if (!hasShard) return (options.isApart === true ? apart : ofOthers).transaction(work, options)
      // When all are busy, the one that ends first takes the transaction from the queue.
      const writer = ofShards.find((one) => !one.isWriting()) ?? main
      return writer.transaction(work, options)
    },
    /** Refuses new transactions, and resolves when the earlier ones have ended. */
    async close(): Promise<void> {
      const writers = [...ofShards, ofOthers, apart]
      // The end of a group starts writers whose own groups have ended before.
      do {
        await Promise.all(writers.map((writer) => writer.close()))
      } while (writers.some((writer) => writer.isWriting()))
    },
  }
}

import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import { hash } from 'node:crypto'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Database, Transaction } from './database.ts'
import { type Dialect, type Queries, query } from './query.ts'
import type { Schema } from './schema.ts'
import { START, type StreamPoint } from './stream-point.ts'

/**
 * The number of the shard of a room or a user: from 0, below `shards`. Never change it: the events of a room
 * are in one shard.
 */
export const shardOf = (key: string, shards: number): number =>
  shards === 1 ? 0 : hash('sha256', key, 'buffer').readUInt32BE(0) % shards

/** Things of one shard, and the key of one of them. */
export type OfShard<K, T> = { orderedBy: K; items: T[] }

/**
 * Divides things of several rooms or users, for one transaction for each shard. The shards are in ascending
 * order, and the things of one keep theirs. `atOnce`: the most things of one transaction; others of the shard
 * follow in further ones.
 */
export function byShard<K extends RoomId | UserId, T>(
  things: readonly T[],
  { keyOf, shards, atOnce = Infinity }: { keyOf: (thing: T) => K; shards: number; atOnce?: number },
): OfShard<K, T>[] {
  const divided: (OfShard<K, T> & { shard: number })[] = []
  const open = new Map<number, OfShard<K, T>>()
  for (const thing of things) {
    const orderedBy = keyOf(thing)
    const shard = shardOf(orderedBy, shards)
    const found = open.get(shard)
    if (found && found.items.length < atOnce) {
      found.items.push(thing)
      continue
    }
    const next = { orderedBy, items: [thing], shard }
    open.set(shard, next)
    divided.push(next)
  }
  return divided.sort((a, b) => a.shard - b.shard)
}

/**
 * Takes the next position of the server's stream, in a transaction with `orderedBy`. On PostgreSQL the
 * transaction holds its shard from its start to the commit, so positions become visible in their order within
 * a shard: a reader that sees n sees all lower positions of this shard.
 */
export async function nextPosition(tx: Transaction): Promise<number> {
  const [position] = await nextPositions(tx, 1)
  if (position === undefined) throw new Error('the stream has no position')
  return position
}

/** Takes `count` positions like `nextPosition`. They are in ascending order. */
export async function nextPositions(tx: Transaction, count: number): Promise<number[]> {
  if (count === 0) return []
  const rows = await tx.all(advance, { count, ...shardIn(tx) })
  if (rows.length === count) return rows.map((row) => row.position)
  // SQLite takes consecutive positions.
  const last = rows[0]?.position ?? 0
  return Array.from({ length: count }, (_, before) => last - count + 1 + before)
}

/** The parameters of a query that takes a position. */
export type ShardParams = { shard: number; shards: number }

/** @throws Error for a transaction that does not say in which shard it takes positions: a bug */
export function shardIn({ shard }: Pick<Transaction, 'shard'>): ShardParams {
  if (shard) return { shard: shard.number, shards: shard.shards }
  throw new Error(
    'a transaction without `orderedBy` takes a position of the stream. Name the room or the user that it changes',
  )
}

/**
 * A transaction needs all shards of the stream, and does not hold them. The database runs it again with
 * `inAllShards`.
 */
export class AllShardsNeeded extends Error {
  override name = 'AllShardsNeeded'
}

/**
 * For a transaction that finds that it changes what transactions of all rooms read: from here on none of them
 * runs, and none has run since its start. The work may run again from its start, so it must have no effects
 * before, except through its transaction and `onCommit`.
 */
export function needAllShards(tx: Pick<Transaction, 'inAllShards'>): void {
  if (!tx.inAllShards) throw new AllShardsNeeded('this transaction runs again with all shards of the stream')
}

/**
 * The last committed positions. In a snapshot, the point of the snapshot. Not for transactions with
 * `orderedBy`: the reserved positions that their group uses follow at its end.
 */
export async function currentPoint(read: Queries): Promise<StreamPoint> {
  const rows = await read.all(current, {})
  return rows.length === 0 ? START : rows.map((row) => row.position)
}

/** No user has this id. */
const NOBODY = '@' as UserId

/**
 * Resolves when the database accepts writes; rejects when it does not. It takes a position, which is never
 * used: the write must change something, or SQLite would not write at all.
 */
export async function checkWritable(db: Pick<Database, 'transaction'>): Promise<void> {
  await db.transaction((tx) => nextPosition(tx), { durably: false, orderedBy: NOBODY })
}

/**
 * The last position taken, as a column of a query of `stream`. On SQLite a message takes its position with
 * its own row (`takingNext`), and the counter follows later: to update it as well costs more time than to
 * look up the last event.
 */
export const lastPosition = (d: Dialect): RawBuilder<number> =>
  d.name === 'postgres'
    ? sql`position`
    : d.greatest(sql`position`, sql`coalesce((select max(last.position) from events as last), 0)`)

/** The transaction holds the row of the shard since its start (`locked`), so the positions of a shard grow. */
const following = (p: ShardParams, d: Dialect): RawBuilder<number> =>
  sql`nextval('stream_positions') * ${d.integer(p.shards)} + ${d.integer(p.shard)}`

/** The parameters of a query that reserves a position with its first read. `shard` null: it reserves none. */
export type ReservingParams = { shard: number | null; shards: number }

/** A transaction without `orderedBy` does not hold a shard, so it reserves nothing. */
export const reservingIn = ({ shard }: Pick<Transaction, 'shard'>): ReservingParams => ({
  shard: shard?.number ?? null,
  shards: shard?.shards ?? 1,
})

/**
 * PostgreSQL: a column of a read of a transaction that holds its shard: the position of the event that it
 * will write, so that the write needs no response. Null without a shard. A position that is not used is lost.
 * One that is used is told with `Transaction.usePosition`.
 */
export const reservedPosition = (p: ReservingParams, d: Dialect): RawBuilder<number | null> =>
  sql`case when ${d.integer(p.shard as number)} is not null then ${following(p as ShardParams, d)} end`

/** Moves a shard to a reserved position that is used. */
export const advanceTo = query<Pick<ShardParams, 'shard'> & { position: number }>()((db, p, d) =>
  db
    .updateTable('stream')
    .set({ position: d.greatest(sql`position`, d.integer(p.position)) })
    .where('id', '=', rowOf(p, d)),
)

/** SQLite returns the last of the positions, PostgreSQL all. */
export const advance = query<ShardParams & { count: number }>()((db, p, d) => {
  if (d.name === 'sqlite')
    return db
      .updateTable('stream')
      .set({ position: sql<number>`${lastPosition(d)} + ${d.integer(p.count)}` })
      .where('id', '=', 1)
      .returning('position')
  const taken = sql<{
    position: number
  }>`(select ${following(p, d)} as position from generate_series(1, ${d.integer(p.count)}))`
  return db
    .with('taken', (cte) => cte.selectFrom(taken.as('t')).select('t.position'))
    .with('moved', (cte) =>
      cte
        .updateTable('stream')
        .set((eb) => ({
          position: eb.selectFrom('taken').select((t) => t.fn.max('taken.position').as('last')),
        }))
        .where('id', '=', rowOf(p, d)),
    )
    .selectFrom('taken')
    .select('position')
    .orderBy('position')
})

/** The id of the row of a shard. */
const rowOf = (p: Pick<ShardParams, 'shard'>, d: Dialect) => sql<number>`${d.integer(p.shard)} + 1`

/** SQLite has one shard. */
export const current = query()((db, _, d) => {
  const last = db.selectFrom('stream').select(lastPosition(d).as('position'))
  return d.name === 'sqlite' ? last.where('id', '=', 1) : last.orderBy('id')
})

/**
 * The point of the stream as one text column of a query of `stream`, which has one row for each shard.
 * `pointOfColumn` reads it.
 */
export const pointColumn = (d: Dialect): RawBuilder<string> =>
  d.name === 'sqlite'
    ? sql`cast(${lastPosition(d)} as text)`
    : sql`coalesce(string_agg(cast(position as text), ',' order by id), '0')`

export const pointOfColumn = (text: string): StreamPoint => text.split(',').map(Number)

/** The first statement of a group of transactions of a shard. SQLite has one writer, and needs no lock. */
export const locked = query<{ shard: number }>()((db, p, d) => {
  const row = db.selectFrom('stream').select('id').where('id', '=', rowOf(p, d))
  return d.name === 'sqlite' ? row : row.forUpdate()
})

/**
 * The first statement of a group of transactions of several shards. It returns those that no other
 * transaction holds, and waits for none, so it cannot deadlock. `ids`: those of the rows, in ascending order.
 */
export const lockedIfFree = query<{ ids: readonly number[] }>()((db, p, d) => {
  const rows = db.selectFrom('stream').select('id').where('id', 'in', d.numbers(p.ids)).orderBy('id')
  return d.name === 'sqlite' ? rows : rows.forUpdate().skipLocked()
})

/**
 * The first statement of a group of transactions that need all shards. In the order of the shards, so that
 * two such groups do not deadlock.
 */
export const lockedAll = query()((db, _, d) => {
  const rows = db.selectFrom('stream').select('id').orderBy('id')
  return d.name === 'sqlite' ? rows : rows.forUpdate()
})

/**
 * For an insert into `events` that takes the next position: the builder of the insert, and the position. On
 * PostgreSQL the insert does not see what other processes commit while it waits for the row of `stream`, so
 * it must not read other rows.
 */
export function takingNext(
  db: QueryCreator<Schema>,
  p: ShardParams,
  d: Dialect,
): { db: Pick<QueryCreator<Schema>, 'insertInto'>; position: RawBuilder<number> } {
  if (d.name === 'sqlite') return { db, position: sql`(select ${lastPosition(d)} + 1 from stream)` }
  return {
    db: db.with('taken', (cte) =>
      cte
        .updateTable('stream')
        .set({ position: following(p, d) })
        .where('id', '=', rowOf(p, d))
        .returning('position'),
    ) as unknown as QueryCreator<Schema>,
    position: sql`(select taken.position from taken)`,
  }
}

import { Client } from 'pg'
import { emptyPostgresUrl } from '../../test/support/databases.ts'
import { socketOf, startCluster } from '../../test/support/postgres.ts'
import { launch } from './processes.ts'

/** A PostgreSQL cluster on a disk, with fsync. It ends with this process. */
export type DurablePostgres = {
  /** A new database without tables. */
  newDatabase(): Promise<string>
  /** Another URL of a database: through a proxy that adds `delayMs` to each round trip. */
  through(url: string, delayMs: number): Promise<AsyncDisposable & { url: string }>
}

/** A string is the reason why there is none. */
export function startDurablePostgres(): DurablePostgres | string {
  const cluster = startCluster({ durable: true })
  if ('missing' in cluster) return cluster.missing
  process.once('exit', cluster.stop)
  return {
    newDatabase: () => emptyPostgresUrl(cluster.url),
    async through(url, delayMs) {
      const proxy = await launch([DELAY_PROXY, socketOf(url).path, String(delayMs)])
      const { pathname, username } = new URL(url)
      return {
        url: `postgres://${username}@${new URL(proxy.url).host}${pathname}`,
        [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
      }
    },
  }
}

const DELAY_PROXY = new URL('delay-proxy-process.ts', import.meta.url).pathname

export type Observer = AsyncDisposable & {
  /** The number of shards of the stream. */
  shards(): Promise<number>
  /** Deadlocks in this database since its creation. */
  deadlocks(): Promise<number>
  /** Looks at all sessions of Belfry, again and again, until the result is called. */
  watchLocks(): () => Promise<LockWaits>
  /** The process that has the most leases of pokes; undefined if there are none. */
  leaseHolder(): Promise<number | undefined>
}

/** Shares are from 0 to 1. */
export type LockWaits = {
  samples: number
  /** Samples in which at least one session waited for the row of a shard. */
  anyWaits: number
  /** Sessions that waited for the row of a shard, of all sessions that were in a transaction. */
  waitingSessions: number
}

const SESSIONS = `select
    count(*) filter (where state <> 'idle')::int as busy,
    count(*) filter (where wait_event_type = 'Lock' and query like '%"stream"%')::int as waiting
  from pg_stat_activity where datname = current_database() and application_name like 'belfry %'`

/** A session of its own at a database, without a proxy. */
export async function observe(url: string): Promise<Observer> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const one = async (text: string) => (await client.query<{ value: number | null }>(text)).rows[0]?.value
  return {
    shards: async () => (await one('select count(*)::int as value from stream')) ?? 0,
    deadlocks: async () =>
      (await one(
        'select deadlocks::int as value from pg_stat_database where datname = current_database()',
      )) ?? 0,
    watchLocks() {
      let isOver = false
      const watched = watch(client, () => isOver)
      return () => {
        isOver = true
        return watched
      }
    },
    leaseHolder: async () =>
      (await one(`select p.pid::int as value from lanes l join processes p on p.process_id = substr(l.lease_owner, 1, 12)
        where l.kind = 'poke' group by p.pid order by count(*) desc limit 1`)) ?? undefined,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function watch(client: Client, isOver: () => boolean): Promise<LockWaits> {
  let [samples, withWaits, busy, waiting] = [0, 0, 0, 0]
  while (!isOver()) {
    const { rows } = await client.query<{ busy: number; waiting: number }>(SESSIONS)
    const [found] = rows
    samples++
    busy += found?.busy ?? 0
    waiting += found?.waiting ?? 0
    if ((found?.waiting ?? 0) > 0) withWaits++
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  }
  return { samples, anyWaits: withWaits / samples, waitingSessions: waiting / Math.max(1, busy) }
}

const SAMPLE_MS = 10

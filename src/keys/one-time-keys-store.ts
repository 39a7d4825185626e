import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'

type Device = { userId: UserId; deviceId: DeviceId }
type Devices = { userId: UserId; deviceIds: readonly DeviceId[] }
export type KeyRow = { algorithm: string; key_name: string; content: string }
/** One key of the algorithm is wanted from the device. */
export type WantedKey = { user_id: UserId; device_id: DeviceId; algorithm: string }

const KEY = { algorithm: 'text', key_name: 'text', content: 'text' } as const
const WANTED = { user_id: 'text', device_id: 'text', algorithm: 'text' } as const

/** Stored keys under these names, claimed ones too. */
export const oneTimeKeysNamed = query<Device & { names: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('one_time_keys')
    .select(['key_name', 'content'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('key_name', 'in', d.list(p.names) as RawBuilder<string>),
)

type UploadedKeys = Device & { keys: readonly KeyRow[] }

/** The uploaded keys as rows for a table of keys. */
const keysOf = (db: QueryCreator<Schema>, p: UploadedKeys, d: Dialect) =>
  db
    .selectFrom(d.rows(p.keys, KEY).as('k'))
    .select([
      (d.text(p.userId) as RawBuilder<UserId>).as('user_id'),
      (d.text(p.deviceId) as RawBuilder<DeviceId>).as('device_id'),
      'k.algorithm',
      'k.key_name',
      'k.content',
    ])

export const insertOneTimeKeys = query<UploadedKeys>()((db, p, d) =>
  db
    .insertInto('one_time_keys')
    .columns(['user_id', 'device_id', 'algorithm', 'key_name', 'content', 'claimed_at'])
    .expression(keysOf(db, p, d).select(sql<number | null>`cast(null as bigint)`.as('claimed_at'))),
)

/** The number of unclaimed one-time keys by algorithm. */
export const oneTimeKeyCounts = query<Device>()((db, p) =>
  db
    .selectFrom('one_time_keys')
    .select(['algorithm', (eb) => eb.fn.countAll<number>().as('count')])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('claimed_at', 'is', null)
    .groupBy('algorithm')
    .orderBy('algorithm'),
)

/**
 * The number of unclaimed one-time keys by algorithm, and the algorithms of unused fallback keys. Runs for
 * each response of /sync.
 */
export const heldKeys = query<Device>()((db, p) =>
  db
    .selectFrom('one_time_keys')
    .select([
      sql<'one-time' | 'fallback'>`'one-time'`.as('kind'),
      'algorithm',
      (eb) => eb.fn.countAll<number>().as('count'),
    ])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('claimed_at', 'is', null)
    .groupBy('algorithm')
    .unionAll(
      db
        .selectFrom('fallback_keys')
        .select([
          sql<'one-time' | 'fallback'>`'fallback'`.as('kind'),
          'algorithm',
          sql<number>`1`.as('count'),
        ])
        .where('user_id', '=', p.userId)
        .where('device_id', '=', p.deviceId)
        .where('is_used', '=', 0),
    )
    .orderBy('algorithm'),
)

/**
 * Claims the oldest unclaimed key for each wanted entry. Keys that another process is claiming are skipped,
 * so no key is returned twice and nothing waits. An entry without a key has no row in the result.
 */
export const claimOneTimeKeys = query<{ wanted: readonly WantedKey[]; now: number }>()((db, p, d) => {
  const lock = d.name === 'postgres' ? sql`for update skip locked` : sql``
  const oldest = sql<number | null>`(select k.entry_id from one_time_keys as k
    where k.user_id = w.user_id and k.device_id = w.device_id and k.algorithm = w.algorithm and k.claimed_at is null
    order by k.entry_id limit 1 ${lock})`
  return (
    db
      // Materialized, because a second evaluation of the subquery would claim a second key.
      .with(
        (cte) => cte('picked').materialized(),
        (from) => from.selectFrom(d.rows(p.wanted, WANTED).as('w')).select(oldest.as('entry_id')),
      )
      .updateTable('one_time_keys')
      .from('picked')
      .set({ claimed_at: d.integer(p.now) })
      .whereRef('one_time_keys.entry_id', '=', 'picked.entry_id')
      .returning(['user_id', 'device_id', 'algorithm', 'key_name', 'content'])
  )
})

/** Removes claimed keys of a device, except the last `keep`. */
export const pruneClaimed = query<Device & { keep: number }>()((db, p, d) =>
  db
    .deleteFrom('one_time_keys')
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .where('claimed_at', 'is not', null)
    .where('entry_id', 'not in', (eb) =>
      eb
        .selectFrom('one_time_keys as kept')
        .select('kept.entry_id')
        .where('kept.user_id', '=', p.userId)
        .where('kept.device_id', '=', p.deviceId)
        .where('kept.claimed_at', 'is not', null)
        .orderBy('kept.claimed_at', 'desc')
        .orderBy('kept.entry_id', 'desc')
        .limit(d.integer(p.keep)),
    ),
)

export const fallbackKeysOf = query<Device>()((db, p) =>
  db
    .selectFrom('fallback_keys')
    .select(['algorithm', 'key_name', 'content', 'is_used'])
    .where('user_id', '=', p.userId)
    .where('device_id', '=', p.deviceId)
    .orderBy('algorithm'),
)

/** Replaces the keys of the algorithms. A new key is unused. */
export const setFallbackKeys = query<UploadedKeys>()((db, p, d) =>
  db
    .insertInto('fallback_keys')
    .columns(['user_id', 'device_id', 'algorithm', 'key_name', 'content', 'is_used'])
    .expression(
      keysOf(db, p, d)
        .select(sql.lit<0 | 1>(0).as('is_used'))
        // Without a condition, SQLite reads `on conflict` as the condition of a join.
        .where(sql<boolean>`true`),
    )
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'device_id', 'algorithm']).doUpdateSet((eb) => ({
        key_name: eb.ref('excluded.key_name'),
        content: eb.ref('excluded.content'),
        is_used: eb.ref('excluded.is_used'),
      })),
    ),
)

/** The fallback keys of the wanted entries. */
export const fallbackKeysFor = query<{ wanted: readonly WantedKey[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.wanted, WANTED).as('w'))
    .innerJoin('fallback_keys as k', (join) =>
      join
        .onRef('k.user_id', '=', 'w.user_id')
        .onRef('k.device_id', '=', 'w.device_id')
        .onRef('k.algorithm', '=', 'w.algorithm'),
    )
    .select(['k.user_id', 'k.device_id', 'k.algorithm', 'k.key_name', 'k.content', 'k.is_used']),
)

type FallbackKey = { user_id: UserId; device_id: DeviceId; algorithm: string; key_name: string }
const FALLBACK_KEY = { user_id: 'text', device_id: 'text', algorithm: 'text', key_name: 'text' } as const

/**
 * Marks fallback keys as used, unless they were replaced. A key that another transaction is changing is
 * skipped, so that claims of several processes never wait for each other: it is being marked too, or
 * replaced. If that transaction is rolled back, the next claim of the key marks it.
 */
export const markFallbackKeysUsed = query<{ keys: readonly FallbackKey[] }>()((db, p, d) => {
  const rows = db
    .selectFrom('fallback_keys as k')
    .innerJoin(d.rows(p.keys, FALLBACK_KEY).as('r'), (join) =>
      join
        .onRef('k.user_id', '=', 'r.user_id')
        .onRef('k.device_id', '=', 'r.device_id')
        .onRef('k.algorithm', '=', 'r.algorithm')
        .onRef('k.key_name', '=', 'r.key_name'),
    )
    .select(['k.user_id', 'k.device_id', 'k.algorithm'])
  const free = d.name === 'postgres' ? rows.forUpdate('k').skipLocked() : rows
  return db
    .updateTable('fallback_keys')
    .set({ is_used: 1 })
    .where((eb) =>
      eb(
        eb.refTuple('user_id', 'device_id', 'algorithm'),
        'in',
        free.$asTuple('user_id', 'device_id', 'algorithm'),
      ),
    )
})

export const deleteOneTimeKeys = query<Devices>()((db, p, d) =>
  db
    .deleteFrom('one_time_keys')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

export const deleteFallbackKeys = query<Devices>()((db, p, d) =>
  db
    .deleteFrom('fallback_keys')
    .where('user_id', '=', p.userId)
    .where('device_id', 'in', d.list(p.deviceIds) as RawBuilder<DeviceId>),
)

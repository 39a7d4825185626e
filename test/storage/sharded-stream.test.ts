import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '../../src/storage/open-database.ts'
import { advanceIdleShards } from '../../src/storage/idle-shards.ts'
import { query } from '../../src/storage/query.ts'
import { currentPoint } from '../../src/storage/stream.ts'
import { covers, isSamePoint, type StreamPoint } from '../../src/storage/stream-point.ts'
import { silentLog } from '../support/log.ts'
import { pointOfCounts } from '../support/points.ts'
import { onShards } from '../support/sharded.ts'
import { runs } from '../support/property.ts'

type Range = { since: StreamPoint; upTo: StreamPoint }

const inRange = query<Range>()((db, p, d) =>
  db
    .selectFrom('device_list_changes')
    .select('position')
    .where(d.isAfter('position', p.since))
    .where(d.isUpTo('position', p.upTo))
    .orderBy('position'),
)

onShards('a stream with several shards', (open) => {
  test('has the positions between two points that the points say, for any number of shards', async (t) => {
    const { db, client } = await open(t, 16)
    await client.query(
      `insert into device_list_changes (user_id, position) select '@u' || n || ':test', n from generate_series(1, 700) as n`,
    )
    const point = fc.oneof(
      ...[2, 5, 16].map((shards) =>
        fc
          .array(fc.nat(Math.ceil(600 / shards)), { minLength: shards, maxLength: shards })
          .map(pointOfCounts),
      ),
      fc.nat(700).map((position) => [position]),
    )
    await fc.assert(
      fc.asyncProperty(point, point, async (since, upTo) => {
        const rows = await db.all(inRange, { since, upTo })
        const expected = Array.from({ length: 700 }, (_, before) => before + 1).filter(
          (position) => !covers(since, position) && covers(upTo, position),
        )
        assert.deepEqual(
          rows.map((row) => row.position),
          expected,
        )
      }),
      { numRuns: runs(60) },
    )
  })

  test('is read from the index on the position, whatever the number of shards', async (t) => {
    const { client } = await open(t, 16)
    await client.query(
      `insert into device_list_changes (user_id, position) select '@u' || n || ':test', n from generate_series(1, 20000) as n`,
    )
    await client.query('analyze device_list_changes')
    for (const since of ['{19950,19951,19940}', '{19950}']) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `explain select position from device_list_changes where (position > cast(19940 as bigint)
          and position > (cast('${since}' as bigint[]))[position % cast(3 as bigint) + 1])`,
      )
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
      assert.match(
        plan,
        /Index (Only )?Scan using \w+ on device_list_changes[^]*Index Cond: \("?position"? > /,
      )
    }
  })

  test('has a point with one position for each shard, and one number with one shard', async (t) => {
    const { db, client } = await open(t, 3)
    await client.query('update stream set position = id * 10 where id > 1')
    assert.deepEqual(await currentPoint(db), [0, 20, 30])
    assert.deepEqual(await currentPoint((await open(t, 1)).db), [0])
  })

  test('has idle shards that are advanced to the sequence, and no others', async (t) => {
    const { db, client } = await open(t, 4)
    assert.equal(await advanceIdleShards(db), 0)
    await client.query(`select setval('stream_positions', 1000)`)
    // Shard 1 is in use, and shard 2 is not behind.
    await client.query('update stream set position = 1000 * 4 + 2 where id = 3')
    await client.query('begin')
    await client.query('select position from stream where id = 2 for update')
    assert.equal(await advanceIdleShards(db), 2)
    await client.query('commit')
    assert.deepEqual(await currentPoint(db), [4000, 0, 4002, 4003])
    assert.equal(await advanceIdleShards(db), 1)
    assert.equal(await advanceIdleShards(db), 0)
    assert.deepEqual(await currentPoint(db), [4000, 4001, 4002, 4003])
  })

  test('continues at much higher positions after another server was promoted, once for all processes', async (t) => {
    const { url, db, client } = await open(t, 4)
    const last = async () =>
      (await client.query<{ value: string }>('select last_value as value from stream_positions')).rows[0]
        ?.value
    const before = await last()
    const openAgain = async () => (await openDatabase(url, silentLog))[Symbol.asyncDispose]()
    await openAgain()
    assert.equal(await last(), before)
    await client.query('update stream_timeline set timeline = timeline + 1')
    await Promise.all([openAgain(), openAgain(), openAgain()])
    assert.equal(Number(await last()), Number(before) + 1_000_000)
    await openAgain()
    assert.equal(Number(await last()), Number(before) + 1_000_000)
    assert.ok(isSamePoint(await currentPoint(db), [0, 0, 0, 0]))
  })

  test('continues at much higher positions when the connection was lost to a promotion', async (t) => {
    const { db, client } = await open(t, 4)
    await client.query('update stream_timeline set timeline = timeline + 1')
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    const attempt = () =>
      db.transaction((tx) => tx.first(inRange, { since: [0], upTo: [0] }).then(() => true)).catch(() => false)
    while (!(await attempt())) continue
    const { rows } = await client.query<{ value: string }>('select last_value as value from stream_positions')
    assert.ok(Number(rows[0]?.value) > 1_000_000)
  })
})

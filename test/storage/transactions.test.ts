import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../../src/storage/query.ts'
import { nextPosition, nextPositions } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import type { RoomAlias, RoomId, UserId } from '../../src/lib/ids.ts'
import { onEachDatabase } from '../support/databases.ts'
import { someone, takePosition, valueOf } from '../support/take-position.ts'
import { ofOneWriter } from '../support/several-writers.ts'

const addAlias = query<{ alias: RoomAlias; at: number }>()((db, p) =>
  db.insertInto('room_aliases').values({
    alias: p.alias,
    room_id: '!r' as RoomId,
    created_by: '@a:b' as UserId,
    created_at: p.at,
  }),
)
const moveAlias = query<{ alias: RoomAlias; at: number }>()((db, p) =>
  db
    .updateTable('room_aliases')
    .set({ created_at: p.at })
    .where('alias', '=', p.alias)
    .returning(['alias', 'created_at']),
)
const aliases = query()((db) =>
  db.selectFrom('room_aliases').select(['alias', 'created_at']).orderBy('alias'),
)
const someAliases = query<{ names: string[] }>()((db, p, d) =>
  db
    .selectFrom('room_aliases')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('alias', 'in', d.list(p.names) as never),
)
const addMany = query<{ rows: { alias: string; at: number }[] }>()((db, p, d) =>
  db
    .insertInto('room_aliases')
    .columns(['alias', 'room_id', 'created_by', 'created_at'])
    .expression(
      db
        .selectFrom(d.rows(p.rows, { alias: 'text', at: 'integer' }).as('r'))
        .select((eb) => [
          eb.ref('r.alias').as('alias'),
          d.text('!r').as('room_id'),
          d.text('@a:b').as('by'),
          'r.at',
        ]) as never,
    ),
)
const alias = (name: string) => name as RoomAlias

onEachDatabase('transactions', (open) => {
  test('committed rows are read with numbers and an ordinary prototype', async (t) => {
    const db = await open(t)
    await db.transaction((tx) => tx.run(addAlias, { alias: alias('#a:x'), at: 1_800_000_000_000 }))
    assert.deepStrictEqual(await db.all(aliases, {}), [{ alias: '#a:x', created_at: 1_800_000_000_000 }])
  })

  test(
    'a transaction that throws is rolled back without the others of its group',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const results = await Promise.allSettled([
        db.transaction((tx) => tx.run(addAlias, { alias: alias('#1:x'), at: 1 })),
        db.transaction(async (tx) => {
          await tx.run(addAlias, { alias: alias('#2:x'), at: 2 })
          throw new Error('aborted')
        }),
        db.transaction((tx) => tx.run(addAlias, { alias: alias('#1:x'), at: 3 })),
        db.transaction((tx) => tx.run(addAlias, { alias: alias('#4:x'), at: 4 })),
      ])
      assert.deepEqual(
        results.map((result) => result.status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.alias),
        ['#1:x', '#4:x'],
      )
    },
  )

  test(
    'repeatable transactions that run again are written and announced once',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const announced: string[] = []
      const add = (name: string, at = 1) =>
        db.transaction(
          async (tx) => {
            tx.onCommit(() => announced.push(name))
            await tx.run(addAlias, { alias: alias(name), at })
            if (at < 0) throw new Error('aborted')
            return name
          },
          { repeatable: true },
        )
      const results = await Promise.allSettled([add('#1:x'), add('#2:x', -1), add('#1:x'), add('#4:x')])
      assert.deepEqual(
        results.map((result) => (result.status === 'fulfilled' ? result.value : 'rejected')),
        ['#1:x', 'rejected', 'rejected', '#4:x'],
      )
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.alias),
        ['#1:x', '#4:x'],
      )
      assert.deepEqual(announced, ['#1:x', '#4:x'])
    },
  )

  test('a repeatable transaction that throws before its first write does not repeat the others', async (t) => {
    const db = await open(t)
    let runs = 0
    const add = (name: string) =>
      db.transaction(
        async (tx) => {
          runs++
          await tx.run(addAlias, { alias: alias(name), at: 1 })
        },
        { repeatable: true },
      )
    const refuse = async () => {
      await db.transaction(
        async (tx) => {
          await tx.all(aliases, {})
          throw new Error('no')
        },
        { repeatable: true },
      )
    }
    const results = await Promise.allSettled([add('#1:x'), refuse(), add('#2:x')])
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal(runs, 2)
    assert.equal((await db.all(aliases, {})).length, 2)
  })

  test('onCommit hooks run after the commit, and not after a rollback', async (t) => {
    const db = await open(t)
    const seen: number[] = []
    const failed = db.transaction(async (tx) => {
      tx.onCommit(() => seen.push(-1))
      await tx.run(addAlias, { alias: alias('#1:x'), at: 1 })
      throw new Error('no')
    })
    await assert.rejects(failed, /no/)
    let during: number | undefined
    await db.transaction(async (tx) => {
      tx.onCommit(() => seen.push(1))
      await tx.run(addAlias, { alias: alias('#1:x'), at: 1 })
      during = (await db.all(aliases, {})).length
    })
    assert.equal(during, 0, 'not visible before the commit')
    assert.deepEqual(seen, [1])
  })

  test(
    'queries without a wait run in their order, and a hook gets their rows after the commit',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const names = ['#1:x', '#2:x', '#3:x']
      const seen: unknown[] = []
      const add = (name: string) =>
        db.transaction(async (tx) => {
          tx.write(addAlias, { alias: alias(name), at: 1 })
          tx.write(moveAlias, { alias: alias(name), at: 2 }, (rows) => seen.push(...rows))
          const rows = await tx.all(aliases, {})
          tx.write(moveAlias, { alias: alias(name), at: 3 }, (moved) => seen.push(...moved))
          assert.deepEqual(seen, [])
          return rows.find((row) => row.alias === name)?.created_at
        })
      assert.deepEqual(await Promise.all(names.map(add)), [2, 2, 2])
      assert.deepEqual(
        seen,
        names.flatMap((name) => [
          { alias: name, created_at: 2 },
          { alias: name, created_at: 3 },
        ]),
      )
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.created_at),
        [3, 3, 3],
      )
    },
  )

  test(
    'a failed query without a wait fails its transaction with its error, and no other of the group',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const seen: string[] = []
      const add = (name: string, again = false) =>
        db.transaction(async (tx) => {
          tx.onCommit(() => seen.push(name))
          tx.write(addAlias, { alias: alias(name), at: 1 })
          if (again) tx.write(addAlias, { alias: alias(name), at: 2 })
          tx.write(moveAlias, { alias: alias(name), at: 3 })
          if (again) await tx.all(aliases, {})
        })
      const isDuplicate = (error: unknown) => /unique|duplicate/i.test((error as Error).message)
      await assert.rejects(add('#0:x', true), isDuplicate)
      const results = await Promise.allSettled([add('#1:x'), add('#2:x', true), add('#1:x'), add('#4:x')])
      assert.deepEqual(
        results.map((result) => (result.status === 'rejected' ? isDuplicate(result.reason) : result.status)),
        ['fulfilled', true, true, 'fulfilled'],
      )
      assert.deepEqual(seen, ['#1:x', '#4:x'])
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.alias),
        ['#1:x', '#4:x'],
      )
    },
  )

  test('a query without a wait after the end of its transaction throws', async (t) => {
    const db = await open(t)
    const { tx } = await db.transaction(async (escaped) => ({ tx: escaped }))
    assert.throws(() => tx.write(addAlias, { alias: alias('#1:x'), at: 1 }), /after the end/)
  })

  test('a query after the end of its transaction throws', async (t) => {
    const db = await open(t)
    const escaped = await db.transaction(async (tx) => ({ tx }))
    await assert.rejects(escaped.tx.all(aliases, {}), /after the end/)
  })

  test('closing waits for earlier transactions and refuses later ones', async (t) => {
    const db = await open(t)
    const before = db.transaction((tx) => tx.run(addAlias, { alias: alias('#1:x'), at: 1 }))
    const closing = db[Symbol.asyncDispose]()
    await assert.rejects(
      db.transaction((tx) => tx.run(addAlias, { alias: alias('#2:x'), at: 1 })),
      /closed/,
    )
    assert.equal(await before, 1)
    await closing
  })

  test('a snapshot does not see later commits', async (t) => {
    const db = await open(t)
    await db.snapshot(async (read) => {
      const before = await read.all(aliases, {})
      await db.transaction((tx) => tx.run(addAlias, { alias: alias('#1:x'), at: 1 }))
      assert.deepEqual(await read.all(aliases, {}), before)
    })
    assert.equal((await db.all(aliases, {})).length, 1)
  })

  test('positions increase, and what a failed transaction took is not counted', async (t) => {
    const db = await open(t)
    const taken = [
      await takePosition(db),
      ...(await db.transaction((tx) => nextPositions(tx, 3), { orderedBy: someone })),
    ]
    assert.deepEqual(
      taken.map((position) => valueOf(db, position)),
      [1, 2, 3, 4],
    )
    await assert.rejects(
      db.transaction(
        async (tx) => {
          await nextPosition(tx)
          throw new Error('no')
        },
        { orderedBy: someone },
      ),
    )
    assert.equal(await currentPosition(db), taken.at(-1))
    // A sequence of PostgreSQL does not take numbers back.
    assert.equal(valueOf(db, await takePosition(db)), db.dialect === 'sqlite' ? 5 : 6)
  })

  test('lists and rows can be parameters', async (t) => {
    const db = await open(t)
    const rows = [
      { alias: '#a:x', at: 1 },
      { alias: '#b:x', at: 2 },
    ]
    assert.equal(await db.transaction((tx) => tx.run(addMany, { rows })), 2)
    assert.deepEqual(await db.first(someAliases, { names: ['#a:x', '#c:x'] }), { n: 1 })
    assert.deepEqual(await db.first(someAliases, { names: [] }), { n: 0 })
  })

  test('a missing parameter throws instead of meaning null', async (t) => {
    const db = await open(t)
    const missing = { alias: alias('#a:x') } as { alias: RoomAlias; at: number }
    await assert.rejects(
      db.transaction((tx) => tx.run(addAlias, missing)),
      /parameter at is missing/,
    )
  })
})

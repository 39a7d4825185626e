import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeUnavailable } from '../../src/media/blob-fault.ts'
import { dueLeftovers, insertLeftover } from '../../src/media/leftover-store.ts'
import { removeLeftovers } from '../../src/media/sweep-media.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createMediaFixture } from './fixture.ts'

const MINUTE = 60_000

onEachDatabase('the removal of blobs', (open) => {
  test('goes on after a blob that cannot be removed, and tries that one again later and later', async (t) => {
    const db = await open(t)
    const { deps, clock } = await createMediaFixture(t, db)
    const attempts: string[] = []
    const broken = new Set(['broken'])
    const remove = async (key: string) => {
      attempts.push(key)
      if (broken.has(key)) throw storeUnavailable()
    }
    const blobs = { ...deps.blobs, remove }
    const sweep = () => removeLeftovers({ ...deps, blobs })
    const add = (blobKey: string, dueAt: number) =>
      db.transaction((tx) => tx.run(insertLeftover, { blobKey, now: 0, dueAt }))
    for (const [at, key] of ['first', 'broken', 'last'].entries()) await add(key, at)
    assert.equal(await sweep(), 2)
    assert.deepEqual(attempts, ['first', 'broken', 'last'])
    for (const wait of [10, 20, 40]) {
      clock.advance(wait * MINUTE - 1)
      assert.equal(await sweep(), 0)
      const before = attempts.length
      clock.advance(1)
      assert.equal(await sweep(), 0)
      assert.equal(attempts.length, before + 1)
    }
    broken.clear()
    clock.advance(80 * MINUTE)
    assert.equal(await sweep(), 1)
    assert.deepEqual(await db.all(dueLeftovers, { now: Number.MAX_SAFE_INTEGER, limit: 10 }), [])
  })

  test('stops after five failures in a row, because the store does not work', async (t) => {
    const db = await open(t)
    const { deps } = await createMediaFixture(t, db)
    let attempts = 0
    const remove = () => {
      attempts++
      return Promise.reject(storeUnavailable())
    }
    await db.transaction(async (tx) => {
      for (let n = 0; n < 12; n++) await tx.run(insertLeftover, { blobKey: `key${n}`, now: 0, dueAt: 0 })
    })
    const sweep = () => removeLeftovers({ ...deps, blobs: { ...deps.blobs, remove } })
    assert.equal(await sweep(), 0)
    assert.equal(attempts, 5)
    await sweep()
    assert.equal(attempts, 10, 'the next sweep begins with the other ones')
  })
})

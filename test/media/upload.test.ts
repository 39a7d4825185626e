import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { createMedia, fillCreatedMedia } from '../../src/media/add-media.ts'
import { findMedia } from '../../src/media/find-media.ts'
import { WRITE_LIFE_MS } from '../../src/media/new-blob.ts'
import { removeMedia, removeMediaOfUser } from '../../src/media/remove-media.ts'
import { removeLeftovers, removeUnused, startMediaSweepers } from '../../src/media/sweep-media.ts'
import { dueLeftovers, insertLeftover } from '../../src/media/leftover-store.ts'
import { usageOf } from '../../src/media/media-store.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { filesIn } from '../support/media.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { alice, bob, createMediaFixture } from './fixture.ts'

async function* brokenAfter(bytes: number): AsyncGenerator<Uint8Array> {
  yield randomBytes(bytes)
  throw new Error('the client has disconnected')
}

const FAR = Number.MAX_SAFE_INTEGER

onEachDatabase('an upload', (open) => {
  test('that breaks off leaves no file, no row and no use of the quota', async (t) => {
    const db = await open(t)
    const { add, folder } = await createMediaFixture(t, db)
    await assert.rejects(add(alice, '', { chunks: brokenAfter(100_000) }), /disconnected/)
    assert.deepEqual(filesIn(folder), [])
    assert.deepEqual(await db.all(dueLeftovers, { now: FAR, limit: 10 }), [])
    assert.equal(await db.first(usageOf, { userId: alice }), undefined)
  })

  test('that takes longer than an hour is refused', async (t) => {
    const db = await open(t)
    const { add, clock, folder } = await createMediaFixture(t, db)
    async function* slow() {
      yield Buffer.from('one')
      clock.advance(WRITE_LIFE_MS + 1)
      yield Buffer.from('two')
    }
    await assert.rejects(add(alice, '', { chunks: slow() }), { status: 408 })
    assert.deepEqual(filesIn(folder), [])
  })

  test('at the same time as an equal one is stored once, and both can be read', async (t) => {
    const db = await open(t)
    const { add, read, folder } = await createMediaFixture(t, db)
    const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => add(n % 2 ? alice : bob, 'equal')))
    for (const id of ids) assert.equal(await read(id), 'equal')
    assert.equal(filesIn(folder).length, 1)
    assert.deepEqual(await db.first(usageOf, { userId: alice }), { files: 4, bytes: 20 })
    assert.deepEqual(await db.all(dueLeftovers, { now: FAR, limit: 10 }), [])
  })

  test('of unknown size is refused when the uploads of its user in progress exceed the quota together', async (t) => {
    const db = await open(t)
    const { add, deps, folder } = await createMediaFixture(t, db)
    Object.assign(deps, { quotas: { ...deps.quotas, media_bytes: 1000 } })
    const held = Promise.withResolvers<void>()
    const received = Promise.withResolvers<void>()
    async function* waiting() {
      yield randomBytes(600)
      received.resolve()
      await held.promise
    }
    const first = add(alice, '', { chunks: waiting() })
    await received.promise
    await assert.rejects(add(alice, randomBytes(401)), { status: 403, errcode: 'M_FORBIDDEN' })
    await add(bob, randomBytes(401))
    held.resolve()
    await first
    await add(alice, randomBytes(400))
    assert.equal(filesIn(folder).length, 3)
  })

  test('is limited to a number at the same time for each user', async (t) => {
    const db = await open(t)
    const { add, deps } = await createMediaFixture(t, db)
    const held = Promise.withResolvers<void>()
    async function* waiting() {
      await held.promise
      yield Buffer.from('x')
    }
    const most = deps.settings.uploads_per_user
    const all = Array.from({ length: most }, () => add(alice, '', { chunks: waiting() }))
    await assert.rejects(add(alice, 'one more'), { status: 429 })
    await add(bob, 'another user')
    held.resolve()
    await Promise.all(all)
    await add(alice, 'one more')
  })

  test('of a process that died is removed at the next start if the database is served alone, else when it is overdue', async (t) => {
    const db = await open(t)
    const { deps, clock, folder } = await createMediaFixture(t, db)
    const die = async (blobKey: string, isKept: boolean) => {
      const dueAt = clock.now() + 2 * WRITE_LIFE_MS
      await db.transaction((tx) => tx.run(insertLeftover, { blobKey, now: clock.now(), dueAt }))
      const writer = await deps.blobs.begin(blobKey, undefined)
      await writer.write(Buffer.from('half'))
      if (isKept) await writer.keep()
      // Only a process that ends closes it.
      else afterTest(t, () => writer.drop())
    }
    await die('incomplete', false)
    await die('kept', true)
    clock.advance(1000)
    const start = async (isServedAlone: boolean, until: () => boolean) => {
      const alone = { ...db, isServedAlone } as typeof db
      const sweepers = startMediaSweepers({ ...deps, db: alone, startedAt: clock.now() })
      await eventually(until)
      for (const sweeper of sweepers) await sweeper[Symbol.asyncDispose]()
    }
    assert.equal(await removeLeftovers(deps), 0, 'another process may still write them')
    assert.deepEqual(filesIn(folder), ['incomplete', 'kept'])
    await start(true, () => filesIn(folder).length === 0)

    await die('later', true)
    clock.advance(2 * WRITE_LIFE_MS)
    await start(false, () => filesIn(folder).length === 0)
    assert.deepEqual(await db.all(dueLeftovers, { now: FAR, limit: 10 }), [])
  })

  test('is not recorded when its blob counts as abandoned', async (t) => {
    const db = await open(t)
    const { add, deps, clock, folder } = await createMediaFixture(t, db)
    const folderBlobs = deps.blobs
    const slow = {
      ...folderBlobs,
      begin: async (key: string, expected: number | undefined) => {
        const writer = await folderBlobs.begin(key, expected)
        const keep = async () => {
          await writer.keep()
          clock.advance(3 * WRITE_LIFE_MS)
          await removeLeftovers(deps)
        }
        return { ...writer, keep }
      },
    }
    Object.assign(deps, { blobs: slow })
    await assert.rejects(add(alice, 'slow'), { status: 503 })
    assert.deepEqual(filesIn(folder), [])
    assert.equal(await db.first(usageOf, { userId: alice }), undefined)
  })
})

onEachDatabase('contents', (open) => {
  test('are removed when no media item has them, and can be uploaded again', async (t) => {
    const db = await open(t)
    const { add, read, deps, folder } = await createMediaFixture(t, db)
    await add(alice, 'shared')
    await add(alice, 'shared')
    await add(alice, 'own')
    const kept = await add(bob, 'shared')
    await db.transaction((tx) => removeMediaOfUser(tx, alice))
    assert.equal(await removeUnused(deps), 1)
    assert.equal(filesIn(folder).length, 1)
    assert.equal(await read(kept), 'shared')
    assert.equal(await db.first(usageOf, { userId: alice }), undefined)
    assert.equal(await read(await add(alice, 'own')), 'own')
    assert.equal(await removeUnused(deps), 0)
  })
})

onEachSharedDatabase('two processes with one store', (openTwo) => {
  test('share created ids: a download in one waits for the upload in the other', async (t) => {
    const [first, second] = await openTwo(t)
    const one = await createMediaFixture(t, first)
    const two = await createMediaFixture(t, second, { folder: one.folder })
    const { mediaId } = await createMedia(one.deps, alice)
    const signal = () => new AbortController().signal
    const waiting = findMedia(two.deps, { serverName: 'localhost', mediaId, timeoutMs: 20_000, signal })
    const chunks = Readable.from([Buffer.from('late')])
    const upload = { userId: alice, length: 4, chunks, contentType: 'text/plain', filename: undefined }
    await fillCreatedMedia(one.deps, { ...upload, mediaId })
    // No wake-up comes from another process.
    let isFound = false
    void waiting.then(() => (isFound = true))
    await eventually(() => {
      two.clock.advance(100)
      return isFound
    })
    assert.equal((await waiting).size, 4)
    assert.equal(await two.read(mediaId), 'late')
  })

  test('store a content once, serve the media of each other, and remove nothing in use', async (t) => {
    const [first, second] = await openTwo(t)
    const one = await createMediaFixture(t, first)
    const two = await createMediaFixture(t, second, { folder: one.folder })
    // One transaction for each user, because it locks the account before any content, as an upload does.
    const removeAllUses = async () => {
      for (const userId of [alice, bob]) await first.transaction((tx) => removeMediaOfUser(tx, userId))
      await removeUnused(one.deps)
    }
    for (let round = 0; round < 10; round++) {
      const body = `round ${round}`
      const [own, other] = await Promise.all([one.add(alice, body), two.add(bob, body)])
      assert.equal(await two.read(own), body)
      assert.equal(await one.read(other), body)
      // The last use ends while the other process adds one.
      const [, again] = await Promise.all([removeAllUses(), two.add(bob, body)])
      const remains = await two.read(again).catch((error: { status?: number }) => error.status)
      assert.ok(remains === body || remains === 404, String(remains))
      assert.equal(filesIn(one.folder).length, remains === 404 ? 0 : 1)
      await first.transaction((tx) => removeMediaOfUser(tx, bob))
      await removeUnused(one.deps)
    }
    assert.deepEqual(filesIn(one.folder), [])
  })

  test('count each removed file once when both remove it at the same time', async (t) => {
    const [first, second] = await openTwo(t)
    const one = await createMediaFixture(t, first)
    const kept = await one.add(bob, 'shared')
    for (let round = 0; round < 20; round++) {
      const mediaId = await one.add(alice, 'shared')
      await Promise.all([
        first.transaction((tx) => removeMedia(tx, [mediaId])),
        second.transaction((tx) => removeMediaOfUser(tx, alice)),
      ])
      await removeUnused(one.deps)
      assert.equal(await one.read(kept), 'shared')
      assert.equal(await second.first(usageOf, { userId: alice }), undefined)
    }
  })
})

import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { deactivateUser } from '../../src/accounts/users-store.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { createMedia, fillCreatedMedia } from '../../src/media/add-media.ts'
import { administerMedia } from '../../src/media/administer-media.ts'
import { fillMedia, markRead, mediaById, usageOf } from '../../src/media/media-store.ts'
import { mediaUri } from '../../src/media/media-uri.ts'
import { removeMediaOfUser } from '../../src/media/remove-media.ts'
import { removeUnused } from '../../src/media/sweep-media.ts'
import { receiveUpload } from '../../src/media/upload.ts'
import type { Transaction } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { filesIn } from '../support/media.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { whenLocked } from '../support/when-locked.ts'
import { alice, createMediaFixture } from './fixture.ts'

/** As `accounts/account.ts` does. */
async function erase(tx: Transaction, userId: UserId): Promise<void> {
  await tx.run(deactivateUser, { userId, now: 1 })
  await removeMediaOfUser(tx, userId)
}

onEachDatabase('after the erasure of its account', (open) => {
  test('an upload in progress is refused with 401 and leaves nothing, and no id can be created', async (t) => {
    const db = await open(t)
    const { deps, add, folder } = await createMediaFixture(t, db)
    const { mediaId } = await createMedia(deps, alice)
    async function* erasedMeanwhile() {
      yield Buffer.from('half')
      await db.transaction((tx) => erase(tx, alice))
    }
    const refused = { status: 401, errcode: 'M_UNKNOWN_TOKEN' }
    const plain = { userId: alice, length: undefined, contentType: 'text/plain', filename: undefined }
    await assert.rejects(fillCreatedMedia(deps, { ...plain, mediaId, chunks: erasedMeanwhile() }), refused)
    await assert.rejects(add(alice, 'new'), refused)
    await assert.rejects(createMedia(deps, alice), refused)
    assert.equal(await db.first(mediaById, { mediaId }), undefined)
    assert.equal(await db.first(usageOf, { userId: alice }), undefined)
    assert.deepEqual(filesIn(folder), [])
  })
})

onEachSharedDatabase('a removal in one process during the commit of an upload in another', (openTwo) => {
  for (const [name, removal] of [
    ['of all files of its user', removeMediaOfUser],
    ['of its account', erase],
  ] as const)
    test(`${name} waits for the upload, removes its file and causes no deadlock`, async (t) => {
      const [first, second] = await openTwo(t)
      const { deps, add, folder } = await createMediaFixture(t, first)
      // The removal needs the row of the content, which the upload has locked.
      await add(alice, 'x')
      const { mediaId } = await createMedia(deps, alice)
      let removals = 0
      const started: Promise<unknown>[] = []
      const remove = async (tx: Transaction) => {
        removals++
        await removal(tx, alice)
      }
      const upload = { userId: alice, length: 1, chunks: Readable.from([Buffer.from('x')]) }
      await receiveUpload(deps, upload, async (tx, { hash, size }) => {
        assert.equal(started.length, 0, 'the upload is not repeated')
        started.push(second.transaction(remove, { repeatable: true }))
        await whenLocked(first)
        const row = { mediaId, userId: alice, contentHash: hash, size, now: 0 }
        await tx.run(fillMedia, { ...row, contentType: 'text/plain', filename: null })
      })
      await Promise.all(started)
      assert.equal(removals, 1)
      assert.equal(await first.first(mediaById, { mediaId }), undefined)
      assert.equal(await first.first(usageOf, { userId: alice }), undefined)
      assert.equal(await removeUnused(deps), 1)
      assert.deepEqual(filesIn(folder), [])
    })
})

onEachDatabase('pruning', (open) => {
  test('keeps a file that was downloaded or became an avatar after it was selected', async (t) => {
    const db = await open(t)
    const { deps, add, clock } = await createMediaFixture(t, db)
    const [read, avatar] = [await add(alice, 'read'), await add(alice, 'avatar')]
    await add(alice, 'unread')
    clock.advance(2 * 86_400_000)
    // It is called in the transaction that removes the files.
    const media = administerMedia(deps, async (q, uris) => {
      await q.run(markRead, { mediaId: read, now: clock.now() })
      return new Set(uris.filter((uri) => uri === mediaUri('localhost', avatar)))
    })
    const pruned = await media.prune({ days: 1, onlyUnread: false, isDryRun: false })
    assert.deepEqual(pruned, { files: 1, bytes: 6 })
    assert.deepEqual(await db.first(usageOf, { userId: alice }), { files: 2, bytes: 10 })
  })
})

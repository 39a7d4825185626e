import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createBackup,
  getBackup,
  removeBackup,
  removeBackupsOf,
  updateBackup,
} from '../../../src/accounts/key-backup/backups.ts'
import type { KeyBackupDeps } from '../../../src/accounts/key-backup/deps.ts'
import { type BackedUpKey, deleteKeys, storeKeys } from '../../../src/accounts/key-backup/keys.ts'
import {
  type KeyBackupData,
  keyInSession,
  keysInRoom,
  keysOfBackup,
} from '../../../src/accounts/key-backup/read-keys.ts'
import { usageOfBackup } from '../../../src/accounts/key-backup/keys-store.ts'
import { Deferred } from '../../../src/lib/deferred.ts'
import { jsonPieces } from '../../../src/http/json-pieces.ts'
import type { RoomId, UserId } from '../../../src/lib/ids.ts'
import type { Database } from '../../../src/storage/database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { quotas } from '../../support/quotas.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'

const alice = '@alice:localhost' as UserId
const bob = '@bob:localhost' as UserId
const room = '!room:localhost' as RoomId
const other = '!other' as RoomId
const settings = { algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2', authData: { public_key: 'abc' } }

const key = (sessionId: string, more: Partial<BackedUpKey> = {}): BackedUpKey => ({
  roomId: room,
  sessionId,
  firstMessageIndex: 1,
  forwardedCount: 0,
  isVerified: false,
  sessionData: { ciphertext: 'x' },
  ...more,
})

/** A response with deferred parts as it is written. */
async function textOf(body: unknown): Promise<string> {
  let text = ''
  for await (const piece of jsonPieces(body)) text += piece
  return text
}

/** A backup of Alice, and functions for it. */
async function start(db: Database, limits: Partial<typeof quotas> = {}) {
  const deps: KeyBackupDeps = { db, quotas: { ...quotas, ...limits } }
  const version = await createBackup(deps, alice, settings)
  const backup = { userId: alice, version }
  return {
    deps,
    backup,
    store: (...keys: BackedUpKey[]) => storeKeys(deps, backup, keys),
    sessions: async () => {
      const { sessions } = await keysInRoom(db, backup, room)
      return Object.fromEntries(
        Object.entries(sessions as Record<string, KeyBackupData>).map(([id, data]) => [
          id,
          data.session_data['ciphertext'],
        ]),
      )
    },
  }
}

onEachDatabase('a key backup', (open) => {
  test('gets a version that was never used before, and the newest one is the current one', async (t) => {
    const db = await open(t)
    const { deps } = await start(db)
    assert.equal(await createBackup(deps, alice, settings), '2')
    await createBackup(deps, bob, settings)
    const current = await getBackup(db, alice)
    assert.deepEqual(current, { ...settings, version: '2', etag: '0', count: 0 })
    await removeBackup(deps, { userId: alice, version: '2' })
    assert.equal((await getBackup(db, alice)).version, '1')
    assert.equal(await createBackup(deps, alice, settings), '3')
    await removeBackup(deps, { userId: alice, version: '2' })
    for (const version of ['0', '4', '-1', '1.0', '01', 'x', '', '9'.repeat(30)])
      await assert.rejects(removeBackup(deps, { userId: alice, version }), {
        status: 404,
        errcode: 'M_NOT_FOUND',
      })
    for (const version of ['2', '4', 'x'])
      await assert.rejects(getBackup(db, alice, version), { status: 404, errcode: 'M_NOT_FOUND' })
    await assert.rejects(getBackup(db, '@carol:localhost' as UserId), { status: 404 })
  })

  test('changes its auth_data, and keeps its algorithm and version', async (t) => {
    const db = await open(t)
    const { deps, backup } = await start(db)
    const update = (more: object) =>
      updateBackup(deps, backup, {
        ...settings,
        authData: { public_key: 'new' },
        bodyVersion: undefined,
        ...more,
      })
    await update({ bodyVersion: '1' })
    assert.deepEqual((await getBackup(db, alice)).authData, { public_key: 'new' })
    for (const wrong of [{ algorithm: 'other' }, { bodyVersion: '2' }])
      await assert.rejects(update({ ...wrong, authData: {} }), { status: 400, errcode: 'M_INVALID_PARAM' })
    await assert.rejects(
      updateBackup(deps, { ...backup, version: '2' }, { ...settings, bodyVersion: undefined }),
      {
        status: 404,
      },
    )
    assert.deepEqual((await getBackup(db, alice)).authData, { public_key: 'new' })
  })

  test('keeps the better key of a session, counts each session once, and changes its etag only with its keys', async (t) => {
    const { store, sessions } = await start(await open(t))
    const text = (ciphertext: string) => ({ sessionData: { ciphertext } })
    assert.deepEqual(await store(key('a', text('first')), key('b', text('b'))), { etag: '1', count: 2 })
    assert.deepEqual(await store(key('a', text('equal'))), { etag: '1', count: 2 })
    assert.deepEqual(await store(key('a', { ...text('later'), firstMessageIndex: 2 })), {
      etag: '1',
      count: 2,
    })
    assert.deepEqual(await sessions(), { a: 'first', b: 'b' })
    assert.deepEqual(await store(key('a', { ...text('earlier'), firstMessageIndex: 0, forwardedCount: 9 })), {
      etag: '2',
      count: 2,
    })
    // Better and worse keys in one request, with a new one.
    const mixed = await store(
      key('a', { ...text('verified'), firstMessageIndex: 7, isVerified: true }),
      key('b', { ...text('worse'), forwardedCount: 1 }),
      key('c', text('c')),
    )
    assert.deepEqual(mixed, { etag: '3', count: 3 })
    assert.deepEqual(await sessions(), { a: 'verified', b: 'b', c: 'c' })
    assert.deepEqual(await store(), { etag: '3', count: 3 })
  })

  test('returns all keys, those of a room, and one key, and nothing of another user or version', async (t) => {
    const db = await open(t)
    const { store, backup, deps } = await start(db)
    await store(
      key('a', { isVerified: true, firstMessageIndex: 3, forwardedCount: 2 }),
      key('b', { roomId: other }),
    )
    await storeKeys(deps, { userId: bob, version: await createBackup(deps, bob, settings) }, [key('bobs')])
    const a = {
      first_message_index: 3,
      forwarded_count: 2,
      is_verified: true,
      session_data: { ciphertext: 'x' },
    }
    const b = {
      first_message_index: 1,
      forwarded_count: 0,
      is_verified: false,
      session_data: { ciphertext: 'x' },
    }
    assert.deepEqual(await keysOfBackup(db, backup), {
      rooms: { [room]: { sessions: { a } }, [other]: { sessions: { b } } },
    })
    assert.deepEqual(await keysInRoom(db, backup, other), { sessions: { b } })
    assert.deepEqual(await keysInRoom(db, backup, '!empty' as RoomId), { sessions: {} })
    assert.deepEqual(await keyInSession(db, backup, { roomId: room, sessionId: 'a' }), a)
    for (const place of [
      { roomId: room, sessionId: 'b' },
      { roomId: room, sessionId: 'bobs' },
    ])
      await assert.rejects(keyInSession(db, backup, place), { status: 404, errcode: 'M_NOT_FOUND' })
    const next = { userId: alice, version: await createBackup(deps, alice, settings) }
    assert.deepEqual(await keysOfBackup(db, next), { rooms: {} })
    assert.equal(Object.keys((await keysOfBackup(db, backup)).rooms).length, 2)
    for (const read of [
      () => keysOfBackup(db, { userId: alice, version: '9' }),
      () => keysInRoom(db, { userId: alice, version: '9' }, room),
      () => keyInSession(db, { userId: alice, version: 'x' }, { roomId: room, sessionId: 'a' }),
    ])
      await assert.rejects(read, { status: 404, errcode: 'M_NOT_FOUND' })
  })

  test('reads the rooms after the first 4 MiB when the response is written', async (t) => {
    const db = await open(t)
    const { store, backup } = await start(db)
    const large = { sessionData: { ciphertext: 'x'.repeat(900_000) } }
    for (const n of [1, 2, 3, 4, 5, 6])
      await store(key('s', { ...large, roomId: `!${n}` as RoomId, firstMessageIndex: n }))
    const { rooms } = await keysOfBackup(db, backup)
    const parts = Object.values(rooms)
    assert.deepEqual(
      parts.map((part) => part instanceof Deferred),
      [false, false, false, false, true, true],
    )
    assert.match(await textOf(parts.at(-1)), /^\{"sessions":\{"s":\{"first_message_index":6,/)
  })

  test('reads the keys of a large room in batches when the response is written', async (t) => {
    const db = await open(t)
    const { store, backup } = await start(db)
    const large = { sessionData: { ciphertext: 'x'.repeat(900_000) } }
    // JavaScript writes the keys of an object that are numbers first.
    const ids = ['b', '10', 'a', '9', 'c', 'd', 'e']
    for (const [at, sessionId] of ids.entries())
      await store(key(sessionId, { ...large, firstMessageIndex: at }))
    const text = await textOf(await keysInRoom(db, backup, room))
    const { sessions } = JSON.parse(text) as { sessions: Record<string, { first_message_index: number }> }
    assert.deepEqual(
      ids.map((sessionId) => sessions[sessionId]?.first_message_index),
      ids.map((_, at) => at),
    )
    const read = await keysInRoom(db, backup, room)
    await deleteKeys({ db, quotas }, backup, { roomId: room, sessionId: 'e' })
    await assert.rejects(textOf(read), /deleted while it was read/)
  })

  test('deletes one key, the keys of a room, and all keys, with a new etag only if a key was deleted', async (t) => {
    const db = await open(t)
    const { store, backup, deps, sessions } = await start(db)
    await store(key('a'), key('b'), key('c'), key('d', { roomId: other }))
    const remove = (scope: Parameters<typeof deleteKeys>[2]) => deleteKeys(deps, backup, scope)
    assert.deepEqual(await remove({ roomId: room, sessionId: 'a' }), { etag: '2', count: 3 })
    assert.deepEqual(await remove({ roomId: room, sessionId: 'a' }), { etag: '2', count: 3 })
    assert.deepEqual(Object.keys(await sessions()), ['b', 'c'])
    assert.deepEqual(await remove({ roomId: room }), { etag: '3', count: 1 })
    assert.deepEqual(await remove({}), { etag: '4', count: 0 })
    assert.deepEqual(await remove({}), { etag: '4', count: 0 })
    await assert.rejects(deleteKeys(deps, { ...backup, version: '9' }, {}), { status: 404 })
    // An old version: keys can be deleted, but not stored.
    await store(key('e'))
    await createBackup(deps, alice, settings)
    assert.deepEqual(await remove({}), { etag: '6', count: 0 })
  })

  test('accepts keys only in the current version, and names it otherwise', async (t) => {
    const { store, deps, backup } = await start(await open(t))
    await store(key('a'))
    const wrong = { status: 403, errcode: 'M_WRONG_ROOM_KEYS_VERSION', extra: { current_version: '2' } }
    await createBackup(deps, alice, settings)
    for (const version of ['1', '3', 'x'])
      await assert.rejects(storeKeys(deps, { userId: alice, version }, [key('b')]), wrong)
    await removeBackup(deps, { userId: alice, version: '2' })
    assert.deepEqual(await store(key('b')), { etag: '2', count: 2 })
    await removeBackup(deps, backup)
    await assert.rejects(store(key('c')), { status: 404, errcode: 'M_NOT_FOUND' })
    // A new version starts without the keys of deleted ones.
    assert.equal(await createBackup(deps, alice, settings), '3')
    assert.deepEqual(await storeKeys(deps, { userId: alice, version: '3' }, []), { etag: '0', count: 0 })
  })

  test('is limited in versions, keys and bytes; better keys that are not larger are always stored', async (t) => {
    const db = await open(t)
    const { store, deps, sessions } = await start(db, {
      key_backups: 2,
      key_backup_keys: 3,
      key_backup_bytes: 200,
    })
    await createBackup(deps, alice, settings)
    await assert.rejects(createBackup(deps, alice, settings), {
      status: 403,
      errcode: 'M_FORBIDDEN',
      extra: { 'org.belfry.quota': 'quotas.key_backups' },
    })
    await removeBackup(deps, { userId: alice, version: '2' })
    await store(key('a'), key('b'))
    await assert.rejects(store(key('c'), key('d')), {
      status: 403,
      extra: { 'org.belfry.quota': 'quotas.key_backup_keys' },
    })
    assert.deepEqual(Object.keys(await sessions()), ['a', 'b'], 'all keys of a request, or none')
    await store(key('c'))
    await store(key('a', { isVerified: true }))
    const large = key('b', { isVerified: true, sessionData: { ciphertext: 'x'.repeat(200) } })
    await assert.rejects(store(large), {
      status: 413,
      extra: { 'org.belfry.quota': 'quotas.key_backup_bytes' },
    })
    // Deleted keys free their place.
    await deleteKeys(deps, { userId: alice, version: '1' }, { roomId: room, sessionId: 'a' })
    await store(key('d'))
    await assert.rejects(createBackup(deps, alice, { ...settings, algorithm: 'é'.repeat(128) }), {
      status: 400,
    })
  })

  test('is deleted with the account, without those of other users', async (t) => {
    const db = await open(t)
    const { store, deps, backup } = await start(db)
    await store(key('a'))
    const ofBob = { userId: bob, version: await createBackup(deps, bob, settings) }
    await storeKeys(deps, ofBob, [key('b')])
    await db.transaction(async (tx) => removeBackupsOf(tx, alice))
    await assert.rejects(getBackup(db, alice), { status: 404 })
    await assert.rejects(keysOfBackup(db, backup), { status: 404 })
    assert.deepEqual(Object.keys((await keysInRoom(db, ofBob, room)).sessions), ['b'])
  })
})

onEachSharedDatabase('a key backup in two processes', (openTwo) => {
  test('keeps the best key and a true count when both store keys of the same sessions', async (t) => {
    const [one, two] = await openTwo(t)
    const { deps, backup, store, sessions } = await start(one)
    const second: KeyBackupDeps = { ...deps, db: two }
    for (let round = 0; round < 10; round++) {
      const keysOf = (firstMessageIndex: number) =>
        Array.from({ length: 20 }, (_, n) =>
          key(`${round}-${n}`, { firstMessageIndex, sessionData: { ciphertext: `${firstMessageIndex}` } }),
        )
      await Promise.all([
        store(...keysOf(5)),
        storeKeys(second, backup, keysOf(3)),
        store(...keysOf(4)),
        storeKeys(second, backup, keysOf(6)),
      ])
    }
    const { count } = await getBackup(two, alice)
    assert.equal(count, 200)
    assert.deepEqual([...new Set(Object.values(await sessions()))], ['3'])
  })

  test('gets different versions when both create one, and no keys in a version that the other deletes', async (t) => {
    const [one, two] = await openTwo(t)
    const { deps } = await start(one)
    const second: KeyBackupDeps = { ...deps, db: two }
    const versions = await Promise.all(
      Array.from({ length: 10 }, (_, n) => createBackup(n % 2 === 0 ? deps : second, alice, settings)),
    )
    assert.equal(new Set(versions).size, 10)
    for (let round = 0; round < 10; round++) {
      const backup = { userId: alice, version: await createBackup(deps, alice, settings) }
      const results = await Promise.allSettled([
        storeKeys(deps, backup, [key('a'), key('b')]),
        removeBackup(second, backup),
      ])
      const errors = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as Error] : [],
      )
      for (const error of errors) assert.equal((error as { status?: number }).status, 403, String(error))
      await assert.rejects(keysOfBackup(two, backup), { status: 404 })
      const left = await one.all(usageOfBackup, { userId: alice, version: Number(backup.version) })
      assert.equal(left[0]?.keys, 0)
    }
  })
})

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { claimKeys } from '../../src/keys/claim-keys.ts'
import { uploadKeys } from '../../src/keys/upload-keys.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl, onEachDatabase } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { quotas } from '../support/quotas.ts'
import { oneTimeKeys } from '../support/signing-key.ts'
import { deviceOf, user } from '../rooms/sync-fixture.ts'
import { createKeysFixture, NO_KEYS } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const device = { userId: alice, deviceId: deviceOf(alice) }
const wanted = (userId: UserId, algorithm = 'signed_curve25519') => ({
  user_id: userId,
  device_id: deviceOf(userId),
  algorithm,
})
const fallback = (id: string): Record<string, JsonObject> => ({
  [`signed_curve25519:${id}`]: { key: id, fallback: true, signatures: {} },
})

async function createSharedFixture(t: TestContext, db: Database, more: object = {}) {
  const fixture = await createKeysFixture(t, db, { names: ['alice', 'bob'], ...more })
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  const namesFrom = async (deps = fixture.deps) =>
    Object.keys((await claimKeys(deps, bob, [wanted(alice)]))[alice]?.[deviceOf(alice)] ?? {})
  return { ...fixture, roomId, namesFrom }
}

onEachDatabase('one-time keys', (open) => {
  test('are claimed in the order of their upload, each once, also by claims at the same time', async (t) => {
    const { upload, deps, namesFrom } = await createSharedFixture(t, await open(t))
    await upload(alice, { oneTimeKeys: oneTimeKeys(50, 1) })
    await uploadKeys(deps, device, { ...NO_KEYS, oneTimeKeys: oneTimeKeys(10, 1) })
    assert.deepEqual(await namesFrom(), Object.keys(oneTimeKeys(50, 1)))
    assert.deepEqual(await namesFrom(), Object.keys(oneTimeKeys(10, 1)))
    assert.deepEqual(await namesFrom(), [])
    await uploadKeys(deps, device, { ...NO_KEYS, oneTimeKeys: oneTimeKeys(100, 60) })
    const claimed = await Promise.all(Array.from({ length: 64 }, () => namesFrom()))
    assert.deepEqual(claimed.flat().toSorted(), Object.keys(oneTimeKeys(100, 60)))
  })

  test('are claimed for several devices in one request, one for each, and unknown devices are left out', async (t) => {
    const { upload, deps } = await createSharedFixture(t, await open(t))
    await upload(alice, { oneTimeKeys: oneTimeKeys(0, 3) })
    await upload(bob, { oneTimeKeys: oneTimeKeys(7, 3) })
    const all = [
      wanted(alice),
      wanted(bob),
      { ...wanted(bob), device_id: deviceOf(alice) },
      wanted(bob, 'other'),
    ]
    assert.deepEqual(await claimKeys(deps, bob, all), {
      [alice]: { [deviceOf(alice)]: oneTimeKeys(0, 1) },
      [bob]: { [deviceOf(bob)]: oneTimeKeys(7, 1) },
    })
  })

  test('stay as they are when an upload is repeated, and a claimed key does not come back', async (t) => {
    const { deps, namesFrom } = await createSharedFixture(t, await open(t))
    const upload = (keys: Record<string, JsonObject>) =>
      uploadKeys(deps, device, { ...NO_KEYS, oneTimeKeys: keys })
    assert.deepEqual(await upload(oneTimeKeys(0, 3)), { signed_curve25519: 3 })
    await namesFrom()
    const [name] = Object.keys(oneTimeKeys(0, 1)) as [string]
    const signedAgain = {
      [name]: { ...oneTimeKeys(0, 1)[name], signatures: { [alice]: { 'ed25519:X': 'y' } } },
    }
    for (const keys of [oneTimeKeys(0, 3), signedAgain])
      assert.deepEqual(await upload(keys), { signed_curve25519: 2 })
    for (const at of [0, 1]) {
      const [other] = Object.keys(oneTimeKeys(at, 1)) as [string]
      await assert.rejects(upload({ ...oneTimeKeys(9, 1), [other]: { key: 'another' } }), {
        status: 400,
        errcode: 'M_INVALID_PARAM',
      })
    }
    assert.deepEqual(await upload({}), { signed_curve25519: 2 }, 'the refused uploads added nothing')
  })

  test('are refused above their number, above the bytes of a user, and for a removed device', async (t) => {
    const { deps, removeDevice } = await createSharedFixture(t, await open(t), {
      quotas: { ...quotas, one_time_keys: 5, key_bytes: 2000 },
    })
    const upload = (keys: Record<string, JsonObject>) =>
      uploadKeys(deps, device, { ...NO_KEYS, oneTimeKeys: keys })
    await upload(oneTimeKeys(0, 5))
    await assert.rejects(upload(oneTimeKeys(5, 1)), { status: 403, errcode: 'M_FORBIDDEN' })
    const [name] = Object.keys(fallback('F')) as [string]
    const large = { [name]: { key: 'k'.repeat(2000) } }
    await assert.rejects(uploadKeys(deps, device, { ...NO_KEYS, fallbackKeys: large }), {
      status: 413,
      errcode: 'M_TOO_LARGE',
    })
    assert.deepEqual(await upload({}), { signed_curve25519: 5 })
    await removeDevice(alice, deviceOf(alice))
    await assert.rejects(upload(oneTimeKeys(0, 1)), { status: 401, errcode: 'M_UNKNOWN_TOKEN' })
  })

  test('are forgotten after 200 later claims', async (t) => {
    const { deps, namesFrom } = await createSharedFixture(t, await open(t))
    const upload = (from: number, count: number) =>
      uploadKeys(deps, device, { ...NO_KEYS, oneTimeKeys: oneTimeKeys(from, count) })
    await upload(0, 201)
    for (let at = 0; at < 201; at++) await namesFrom()
    assert.deepEqual(await upload(201, 1), { signed_curve25519: 1 })
    assert.deepEqual(await upload(1, 1), { signed_curve25519: 1 }, 'known')
    assert.deepEqual(await upload(0, 1), { signed_curve25519: 2 }, 'forgotten')
  })
})

onEachDatabase('a fallback key', (open) => {
  test('is returned when there is no one-time key, is used from then on, and is unused again after a new one', async (t) => {
    const { deps, upload, namesFrom, held } = await createSharedFixture(t, await open(t))
    await upload(alice, { oneTimeKeys: oneTimeKeys(0, 1), fallbackKeys: fallback('F1') })
    const types = async () => (await held(alice)).device_unused_fallback_key_types
    assert.deepEqual(await namesFrom(), Object.keys(oneTimeKeys(0, 1)))
    assert.deepEqual(await types(), ['signed_curve25519'])
    for (let at = 0; at < 2; at++) assert.deepEqual(await namesFrom(), Object.keys(fallback('F1')))
    assert.deepEqual(await types(), [])
    await uploadKeys(deps, device, { ...NO_KEYS, fallbackKeys: fallback('F1') })
    assert.deepEqual(await types(), [], 'the same key stays used')
    await uploadKeys(deps, device, { ...NO_KEYS, fallbackKeys: fallback('F2') })
    assert.deepEqual(await types(), ['signed_curve25519'])
    assert.deepEqual(await namesFrom(), Object.keys(fallback('F2')))
  })

  test('is refused when an upload has two of one algorithm, or a name without an algorithm', async (t) => {
    const { deps } = await createSharedFixture(t, await open(t))
    for (const fallbackKeys of [
      { ...fallback('F1'), ...fallback('F2') },
      { F1: { key: 'a' } },
      { 'a:': 'b' },
    ])
      await assert.rejects(uploadKeys(deps, device, { ...NO_KEYS, fallbackKeys }), { status: 400 })
  })
})

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing
test(
  'a claim does not wait for another process that marks the same fallback key as used',
  { skip },
  async (t) => {
    const url = await newPostgresUrl(cluster as string)
    const db = await openDatabase(url, silentLog)
    afterTest(t, () => db[Symbol.asyncDispose]())
    const { upload, namesFrom, held } = await createSharedFixture(t, db)
    await upload(alice, { fallbackKeys: fallback('F1') })
    const other = new Client({ connectionString: url })
    await other.connect()
    afterTest(t, () => other.end())
    await other.query('begin')
    await other.query('update fallback_keys set is_used = 1')
    assert.deepEqual(await namesFrom(), Object.keys(fallback('F1')))
    await other.query('commit')
    assert.deepEqual((await held(alice)).device_unused_fallback_key_types, [])
  },
)

test('two processes on one PostgreSQL claim each one-time key once', { skip }, async (t) => {
  const url = await newPostgresUrl(cluster as string)
  const openOne = async () => {
    const db = await openDatabase(url, silentLog)
    afterTest(t, () => db[Symbol.asyncDispose]())
    return db
  }
  const { upload, deps, namesFrom } = await createSharedFixture(t, await openOne())
  const other = { ...deps, db: await openOne() }
  await upload(alice, { oneTimeKeys: oneTimeKeys(0, 64), fallbackKeys: fallback('F1') })
  const claims = Array.from({ length: 32 }, () => [namesFrom(), namesFrom(other)]).flat()
  const names = (await Promise.all(claims)).flat()
  assert.deepEqual(names.toSorted(), Object.keys(oneTimeKeys(0, 64)))
  assert.deepEqual(await namesFrom(other), Object.keys(fallback('F1')))
})

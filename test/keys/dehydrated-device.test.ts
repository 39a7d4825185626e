import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closeAccount } from '../../src/accounts/account.ts'
import { listDevices } from '../../src/accounts/devices.ts'
import { logoutEverywhere, startSession } from '../../src/accounts/sessions.ts'
import { createToDeviceFixture } from '../accounts/to-device/fixture.ts'
import { claimKeys } from '../../src/keys/claim-keys.ts'
import {
  dehydratedDevice,
  dehydratedEvents,
  deleteDehydratedDevice,
  setDehydratedDevice,
  takeDehydratedEvents,
} from '../../src/keys/dehydrated-device.ts'
import { queryKeys } from '../../src/keys/query-keys.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { deviceOf, user } from '../rooms/sync-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { quotas } from '../support/quotas.ts'
import { createSigningKey, deviceKeys } from '../support/signing-key.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { createKeysFixture } from './fixture.ts'

const alice = user('alice')
const bob = user('bob')
const id = (name: string) => name as DeviceId
const key = (n: number) => ({ [`signed_curve25519:k${n}`]: { key: `one time ${n}`, signatures: {} } })
const fallback = { 'signed_curve25519:f': { key: 'fallback', fallback: true, signatures: {} } }

function uploadOf(userId: UserId, deviceId: DeviceId, more: object = {}) {
  return {
    deviceId,
    data: { algorithm: 'org.matrix.msc3814.v2.aes', ciphertext: deviceId },
    displayName: 'Dehydrated device',
    deviceKeys: { ...deviceKeys(userId, deviceId, createSigningKey()), dehydrated: true },
    oneTimeKeys: key(1),
    fallbackKeys: fallback,
    ...more,
  }
}

async function setUp(t: TestContext, db: Database, more: object = {}) {
  const fixture = await createKeysFixture(t, db, { names: ['alice', 'bob'], ...more })
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  const messages = await createToDeviceFixture(db, [])
  const send = (deviceId: DeviceId | '*', n: number) =>
    messages.send({ [alice]: { [deviceId]: { n } } }, { sender: bob, deviceId: deviceOf(bob) })
  const numbers = (page: { events: readonly { content: { n?: unknown } }[] }) =>
    page.events.map(({ content }) => content.n)
  const reads = { db, pageBytes: 1_000_000 }
  return { ...fixture, send, numbers, reads }
}

const ids = async (db: Database) => (await listDevices(db, alice)).map((device) => device.device_id).sort()

onEachDatabase('a dehydrated device', (open) => {
  test('has keys that others query and claim, and receives messages to all devices of its user', async (t) => {
    const { db, deps, send, numbers, reads, held } = await setUp(t, await open(t))
    const before = await held(bob)
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D1')))
    assert.deepEqual((await held(bob, before.next_batch)).device_lists.changed, [alice])
    const { deviceKeys: found } = await queryKeys(deps, bob, new Map([[alice, []]]))
    assert.equal(found[alice]?.[id('D1')]?.['dehydrated'], true)
    const wanted = { user_id: alice, device_id: id('D1'), algorithm: 'signed_curve25519' }
    const names = async () => Object.keys((await claimKeys(deps, bob, [wanted]))[alice]?.[id('D1')] ?? {})
    assert.deepEqual([await names(), await names()], [['signed_curve25519:k1'], ['signed_curve25519:f']])
    assert.deepEqual(await dehydratedDevice(db, alice), {
      deviceId: 'D1',
      data: { algorithm: 'org.matrix.msc3814.v2.aes', ciphertext: 'D1' },
    })
    for (const n of [1, 2, 3]) await send('*', n)
    const request = { userId: alice, deviceId: id('D1'), from: undefined }
    const first = await dehydratedEvents(reads, { ...request, limit: 2 })
    assert.deepEqual([numbers(first), first.isLast], [[1, 2], false])
    const second = await dehydratedEvents(reads, { ...request, from: first.nextBatch })
    assert.deepEqual([numbers(second), second.isLast], [[3], true])
    assert.deepEqual(numbers(await dehydratedEvents(reads, request)), [1, 2, 3], 'reading removes nothing')
    const small = await dehydratedEvents({ ...reads, pageBytes: 1 }, request)
    assert.deepEqual([numbers(small), small.isLast], [[1], false])
  })

  test('gives its messages page by page to earlier clients, which take them', async (t) => {
    const { deps, send, numbers, reads } = await setUp(t, await open(t))
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D1')))
    for (const n of [1, 2]) await send(id('D1'), n)
    const request = { userId: alice, deviceId: id('D1'), from: undefined }
    const first = await takeDehydratedEvents(reads, request)
    assert.deepEqual(numbers(first), [1, 2])
    assert.deepEqual(numbers(await takeDehydratedEvents(reads, request)), [1, 2], 'not acknowledged')
    const last = await takeDehydratedEvents(reads, { ...request, from: first.nextBatch })
    assert.deepEqual([numbers(last), last.nextBatch], [[], first.nextBatch])
    assert.deepEqual(numbers(await takeDehydratedEvents(reads, request)), [])
  })

  test('replaces the earlier one with its keys and messages, and is removed with all of them', async (t) => {
    const { db, deps, send, numbers, reads } = await setUp(t, await open(t))
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D1')))
    await send(id('D1'), 1)
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D2')))
    assert.deepEqual(await ids(db), [deviceOf(alice), 'D2'].sort())
    const old = { userId: alice, deviceId: id('D1'), from: undefined }
    await assert.rejects(dehydratedEvents(reads, old), { status: 403, errcode: 'M_FORBIDDEN' })
    const { deviceKeys: found } = await queryKeys(deps, bob, new Map([[alice, []]]))
    assert.deepEqual(Object.keys(found[alice] ?? {}), ['D2'])
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D2')))
    assert.deepEqual(numbers(await dehydratedEvents(reads, { ...old, deviceId: id('D2') })), [])
    assert.equal(await deleteDehydratedDevice(deps, alice), 'D2')
    assert.deepEqual(await ids(db), [deviceOf(alice)])
    const missing = { status: 404, errcode: 'M_NOT_FOUND' }
    await assert.rejects(deleteDehydratedDevice(deps, alice), missing)
    await assert.rejects(dehydratedDevice(db, alice), missing)
  })

  test('survives the logout of all sessions, and is removed with its account', async (t) => {
    const { db, deps, removeDevice } = await setUp(t, await open(t))
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D1')))
    await logoutEverywhere(deps.accounts, alice)
    assert.deepEqual(await ids(db), ['D1'])
    await removeDevice(alice, id('D1'))
    await assert.rejects(dehydratedDevice(db, alice), { status: 404 })
    await setDehydratedDevice(deps, alice, uploadOf(alice, id('D2')))
    await db.transaction((tx) => closeAccount(deps.accounts, tx, { userId: alice, erase: false }), {
      orderedBy: alice,
    })
    assert.deepEqual(await ids(db), [])
    await assert.rejects(dehydratedDevice(db, alice), { status: 404 })
  })

  test('is refused with the id of another device, with keys of another device, above the quotas, and as the id of a login', async (t) => {
    const { db, deps } = await setUp(t, await open(t), { quotas: { ...quotas, devices: 2 } })
    const put = (more: object, deviceId = id('D1')) =>
      setDehydratedDevice(deps, alice, uploadOf(alice, deviceId, more))
    await assert.rejects(put({}, deviceOf(alice)), { status: 403 })
    await assert.rejects(put({ deviceKeys: deviceKeys(alice, 'D2', createSigningKey()) }), {
      errcode: 'M_INVALID_PARAM',
    })
    await assert.rejects(put({ deviceKeys: deviceKeys(bob, 'D1', createSigningKey()) }), {
      errcode: 'M_INVALID_PARAM',
    })
    await assert.rejects(put({ data: { algorithm: 'x', text: 'x'.repeat(300_000) } }), { status: 413 })
    assert.deepEqual(await ids(db), [deviceOf(alice)], 'nothing was stored')
    await put({})
    await put({}, id('D2'))
    const session = { userId: alice, deviceId: id('D2'), displayName: undefined, address: null }
    await assert.rejects(
      db.transaction((tx) => startSession(deps.accounts, tx, session)),
      { status: 403 },
    )
    for (const from of ['', 'x', 'd-1', 's12', `d${'9'.repeat(20)}`])
      await assert.rejects(
        dehydratedEvents({ db, pageBytes: 1000 }, { userId: alice, deviceId: id('D2'), from }),
        { status: 400, errcode: 'M_INVALID_PARAM' },
      )
  })
})

onEachSharedDatabase('two processes', (openTwo) => {
  test('replace the dehydrated device one after the other, and one of them stays', async (t) => {
    const [db, other] = await openTwo(t)
    const { deps } = await setUp(t, db)
    const second = { ...deps, db: other, accounts: { ...deps.accounts, db: other } }
    for (let round = 0; round < 5; round++)
      await Promise.all(
        [deps, second].map((each, at) =>
          setDehydratedDevice(each, alice, uploadOf(alice, id(`D${round}${at}`))),
        ),
      )
    const { deviceId } = await dehydratedDevice(db, alice)
    assert.deepEqual(await ids(db), [deviceOf(alice), deviceId].sort())
  })
})

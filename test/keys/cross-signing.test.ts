import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createPasswords } from '../../src/accounts/passwords.ts'
import { insertUser } from '../../src/accounts/users-store.ts'
import { queryKeys } from '../../src/keys/query-keys.ts'
import { checkDeviceId, removeCrossSigningKeys } from '../../src/keys/remove-keys.ts'
import { uploadCrossSigningKeys } from '../../src/keys/upload-cross-signing.ts'
import { uploadKeys } from '../../src/keys/upload-keys.ts'
import { uploadSignatures } from '../../src/keys/upload-signatures.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Database } from '../../src/storage/database.ts'
import { currentPosition } from '../support/current-position.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  createCrossSigningKeys,
  createSigningKey,
  crossSigningKey,
  type CrossSigningKeys,
  deviceKeys,
  signed,
} from '../support/signing-key.ts'
import { deviceOf, user } from '../rooms/sync-fixture.ts'
import { createKeysFixture, NO_KEYS } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const owner = { userId: alice, deviceId: deviceOf(alice) }
const password = { type: 'm.login.password', password: 'secret' }

type Body = { master_key?: JsonObject; self_signing_key?: JsonObject; user_signing_key?: JsonObject }

/** Bob, and Alice with a password, share a room. */
async function createSignedFixture(t: TestContext, db: Database) {
  const fixture = await createKeysFixture(t, db, { names: ['bob'] })
  const passwordHash = await createPasswords({ cost: CHEAP }).hash('secret', 'test')
  await db.transaction((tx) => tx.run(insertUser, { userId: alice, passwordHash, isAdmin: 0, now: 0 }))
  await fixture.addDevice(alice, owner.deviceId)
  await fixture.join(await fixture.create(alice), bob)
  const { deps } = fixture
  const upload = (body: Body, auth?: Json, userId: UserId = alice) =>
    uploadCrossSigningKeys(
      deps,
      { userId, deviceId: deviceOf(userId) },
      {
        keys: {
          ...(body.master_key && { master: body.master_key }),
          ...(body.self_signing_key && { self_signing: body.self_signing_key }),
          ...(body.user_signing_key && { user_signing: body.user_signing_key }),
        },
        auth,
      },
    )
  const keysOf = (userId: UserId, reader = alice) => queryKeys(deps, reader, new Map([[userId, []]]))
  const signersOf = (key: JsonObject | undefined) =>
    Object.values((key?.['signatures'] ?? {}) as Record<string, object>)
      .flatMap((by) => Object.keys(by))
      .toSorted()
  return { ...fixture, uploadCrossSigning: upload, keysOf, signersOf }
}

const ofMaster = ({ master }: CrossSigningKeys) => `ed25519:${master.publicKey}`

onEachDatabase('an upload of cross-signing keys', (open) => {
  test('needs no password when it is the first or brings no new key, and needs it for any other key', async (t) => {
    const db = await open(t)
    const { uploadCrossSigning, keysOf } = await createSignedFixture(t, db)
    const keys = createCrossSigningKeys(alice)
    assert.deepEqual(await uploadCrossSigning(keys.body), { kind: 'done' })
    const position = await currentPosition(db)
    assert.deepEqual(await uploadCrossSigning(keys.body), { kind: 'done' })
    assert.deepEqual(await uploadCrossSigning({ user_signing_key: keys.body.user_signing_key }), {
      kind: 'done',
    })
    assert.equal(await currentPosition(db), position, 'nothing is announced')
    const another = crossSigningKey(alice, 'user_signing', { key: createSigningKey(), master: keys.master })
    const asked = await uploadCrossSigning({ ...keys.body, user_signing_key: another })
    assert.equal(asked.kind, 'challenge')
    const wrong = await uploadCrossSigning({ user_signing_key: another }, { ...password, password: 'wrong' })
    assert.equal(wrong.kind, 'challenge')
    assert.deepEqual((await keysOf(alice)).crossSigning.user_signing[alice], keys.body.user_signing_key)
    assert.deepEqual(await uploadCrossSigning({ user_signing_key: another }, password), { kind: 'done' })
    const { crossSigning } = await keysOf(alice)
    assert.deepEqual(crossSigning.user_signing[alice], another)
    assert.deepEqual(crossSigning.master[alice], keys.body.master_key)
  })

  test('of two different first uploads at the same time, only one needs no password', async (t) => {
    const { uploadCrossSigning } = await createSignedFixture(t, await open(t))
    const results = await Promise.all(
      [1, 2].map(() => uploadCrossSigning(createCrossSigningKeys(alice).body)),
    )
    assert.deepEqual(results.map((result) => result.kind).toSorted(), ['challenge', 'done'])
  })

  test('replaces the keys that the earlier master key signed, with the signatures of all of them', async (t) => {
    const { uploadCrossSigning, keysOf, upload, deps, signersOf } = await createSignedFixture(
      t,
      await open(t),
    )
    const [keys, others] = [createCrossSigningKeys(alice), createCrossSigningKeys(alice)]
    const device = await upload(alice)
    await uploadCrossSigning(keys.body)
    const by = { userId: alice, keyId: keys.selfSigning.publicKey }
    const signatures = { [owner.deviceId]: signed(device.deviceKeys, keys.selfSigning, by) }
    assert.deepEqual(await uploadSignatures(deps, alice, { [alice]: signatures }), {})
    assert.deepEqual(signersOf((await keysOf(alice)).deviceKeys[alice]?.[owner.deviceId]).length, 2)
    await uploadCrossSigning({ master_key: others.body.master_key }, password)
    const { crossSigning, deviceKeys: devices } = await keysOf(alice)
    assert.deepEqual(crossSigning, {
      master: { [alice]: others.body.master_key },
      self_signing: {},
      user_signing: {},
    })
    assert.deepEqual(signersOf(devices[alice]?.[owner.deviceId]), [`ed25519:${owner.deviceId}`])
  })

  test('is refused with a malformed key, without a valid signature, without a master key, and with the id of a device', async (t) => {
    const { uploadCrossSigning, addDevice, keysOf } = await createSignedFixture(t, await open(t))
    const keys = createCrossSigningKeys(alice)
    const { master_key, self_signing_key } = keys.body
    const key = createSigningKey()
    await addDevice(alice, key.publicKey as DeviceId)
    const forged = { ...self_signing_key, signatures: { [alice]: { [ofMaster(keys)]: 'A'.repeat(86) } } }
    const refused: [Body, number, string][] = [
      [{ master_key: { ...master_key, user_id: bob } }, 400, 'M_INVALID_PARAM'],
      [{ master_key: { ...master_key, usage: ['self_signing'] } }, 400, 'M_INVALID_PARAM'],
      [{ master_key: { ...master_key, keys: {} } }, 400, 'M_INVALID_PARAM'],
      [{ master_key: { ...master_key, keys: { 'ed25519:short': 'short' } } }, 400, 'M_INVALID_PARAM'],
      [
        { master_key: { ...master_key, keys: { 'ed25519:other': keys.master.publicKey } } },
        400,
        'M_INVALID_PARAM',
      ],
      [{ master_key, self_signing_key: forged }, 400, 'M_INVALID_SIGNATURE'],
      [{ master_key, self_signing_key: { ...self_signing_key, signatures: {} } }, 400, 'M_INVALID_SIGNATURE'],
      [{ self_signing_key }, 400, 'M_MISSING_PARAM'],
      [{}, 400, 'M_MISSING_PARAM'],
      [{ master_key: crossSigningKey(alice, 'master', { key }) }, 403, 'M_FORBIDDEN'],
    ]
    for (const [body, status, errcode] of refused)
      await assert.rejects(uploadCrossSigning(body), { status, errcode })
    assert.deepEqual((await keysOf(alice)).crossSigning, { master: {}, self_signing: {}, user_signing: {} })
  })

  test('verifies the signatures of the master key by devices, and leaves unknown signers out', async (t) => {
    const { uploadCrossSigning, upload, keysOf, signersOf } = await createSignedFixture(t, await open(t))
    const device = await upload(alice)
    const { master_key } = createCrossSigningKeys(alice).body
    const byDevice = { userId: alice, keyId: owner.deviceId }
    const wrong = signed(master_key, createSigningKey(), byDevice)
    await assert.rejects(uploadCrossSigning({ master_key: wrong }), { errcode: 'M_INVALID_SIGNATURE' })
    const unknown = signed(master_key, createSigningKey(), { userId: alice, keyId: 'UNKNOWN' })
    await uploadCrossSigning({ master_key: signed(unknown, device.key, byDevice) })
    const { crossSigning } = await keysOf(alice)
    assert.deepEqual(signersOf(crossSigning.master[alice]), [`ed25519:${owner.deviceId}`])
  })

  test('makes the public keys unusable as ids of new devices', async (t) => {
    const db = await open(t)
    const { uploadCrossSigning } = await createSignedFixture(t, db)
    const keys = createCrossSigningKeys(alice)
    await uploadCrossSigning(keys.body)
    const check = (userId: UserId, deviceId: string) =>
      db.transaction((tx) => checkDeviceId(tx, { userId, deviceId: deviceId as DeviceId }))
    await assert.rejects(check(alice, keys.selfSigning.publicKey), { status: 403 })
    await check(bob, keys.selfSigning.publicKey)
    await check(alice, 'PHONE')
  })

  test('is undone when the account closes, together with the signatures that it made', async (t) => {
    const db = await open(t)
    const { uploadCrossSigning, deps, keysOf, signersOf } = await createSignedFixture(t, db)
    const [keys, ofBob] = [createCrossSigningKeys(alice), createCrossSigningKeys(bob)]
    await uploadCrossSigning(keys.body)
    await uploadCrossSigning(ofBob.body, undefined, bob)
    const by = { userId: alice, keyId: keys.userSigning.publicKey }
    const master = signed(ofBob.body.master_key, keys.userSigning, by)
    assert.deepEqual(await uploadSignatures(deps, alice, { [bob]: { [ofBob.master.publicKey]: master } }), {})
    assert.equal(signersOf((await keysOf(bob)).crossSigning.master[bob]).length, 1)
    await db.transaction((tx) => removeCrossSigningKeys(deps, tx, alice), { orderedBy: alice })
    assert.deepEqual((await keysOf(alice)).crossSigning, { master: {}, self_signing: {}, user_signing: {} })
    assert.deepEqual(signersOf((await keysOf(bob)).crossSigning.master[bob]), [])
  })
})

onEachDatabase('an upload of signatures', (open) => {
  test('accepts the three known relations only, and reports every other entry as a failure', async (t) => {
    const { uploadCrossSigning, upload, deps, keysOf, signersOf } = await createSignedFixture(
      t,
      await open(t),
    )
    const [device, bobs] = [await upload(alice), await upload(bob)]
    const [keys, ofBob] = [createCrossSigningKeys(alice), createCrossSigningKeys(bob)]
    await uploadCrossSigning(keys.body)
    await uploadCrossSigning(ofBob.body, undefined, bob)
    const bySelf = { userId: alice, keyId: keys.selfSigning.publicKey }
    const byUser = { userId: alice, keyId: keys.userSigning.publicKey }
    const byMaster = { userId: alice, keyId: keys.master.publicKey }
    const invalid = {
      // The master key does not sign devices.
      [alice]: { [owner.deviceId]: signed(device.deviceKeys, keys.master, byMaster) },
      [bob]: {
        // A user-signing key does not sign devices, and a self-signing key no master key.
        [deviceOf(bob)]: signed(bobs.deviceKeys, keys.userSigning, byUser),
        [ofBob.master.publicKey]: signed(ofBob.body.master_key, keys.selfSigning, bySelf),
        [ofBob.selfSigning.publicKey]: signed(ofBob.body.self_signing_key, keys.userSigning, byUser),
      },
    }
    assert.deepEqual(errcodes(await uploadSignatures(deps, alice, invalid)), {
      [alice]: { [owner.deviceId]: 'M_INVALID_SIGNATURE' },
      [bob]: {
        [deviceOf(bob)]: 'M_NOT_FOUND',
        [ofBob.master.publicKey]: 'M_INVALID_SIGNATURE',
        [ofBob.selfSigning.publicKey]: 'M_NOT_FOUND',
      },
    })
    const changed = { ...ofBob.body.master_key, usage: ['master', 'self_signing'] }
    const mixed = {
      [alice]: {
        GONE: device.deviceKeys,
        [owner.deviceId]: signed(device.deviceKeys, keys.selfSigning, bySelf),
      },
      [bob]: { [ofBob.master.publicKey]: signed(changed, keys.userSigning, byUser) },
      '@unknown:localhost': { X: 'no object' },
    }
    assert.deepEqual(errcodes(await uploadSignatures(deps, alice, mixed)), {
      [alice]: { GONE: 'M_NOT_FOUND' },
      [bob]: { [ofBob.master.publicKey]: 'M_INVALID_PARAM' },
      '@unknown:localhost': { X: 'M_NOT_FOUND' },
    })
    assert.equal(signersOf((await keysOf(alice)).deviceKeys[alice]?.[owner.deviceId]).length, 2)
    assert.equal(signersOf((await keysOf(bob)).crossSigning.master[bob]).length, 0)
  })

  test('of a key of another user is announced to the signer only', async (t) => {
    const fixture = await createSignedFixture(t, await open(t))
    const { uploadCrossSigning, deps, held } = fixture
    const [keys, ofBob] = [createCrossSigningKeys(alice), createCrossSigningKeys(bob)]
    await uploadCrossSigning(keys.body)
    await uploadCrossSigning(ofBob.body, undefined, bob)
    const [ofAlice, toBob] = [await held(alice), await held(bob)]
    const waiting = held(alice, ofAlice.next_batch, { timeoutMs: 30_000 })
    await fixture.clock.asleep(30_000)
    const by = { userId: alice, keyId: keys.userSigning.publicKey }
    const master = signed(ofBob.body.master_key, keys.userSigning, by)
    await uploadSignatures(deps, alice, { [bob]: { [ofBob.master.publicKey]: master } })
    assert.deepEqual((await waiting).device_lists, { changed: [bob], left: [] })
    assert.deepEqual((await held(bob, toBob.next_batch)).device_lists, { changed: [], left: [] })
  })

  test('is lost when the device uploads other keys, and kept when it uploads the same keys again', async (t) => {
    const { uploadCrossSigning, upload, deps, keysOf, signersOf } = await createSignedFixture(
      t,
      await open(t),
    )
    const device = await upload(alice)
    const keys = createCrossSigningKeys(alice)
    await uploadCrossSigning(keys.body)
    const by = { userId: alice, keyId: keys.selfSigning.publicKey }
    const signedDevice = signed(device.deviceKeys, keys.selfSigning, by)
    await uploadSignatures(deps, alice, { [alice]: { [owner.deviceId]: signedDevice } })
    const signers = async () => signersOf((await keysOf(alice)).deviceKeys[alice]?.[owner.deviceId]).length
    await uploadKeys(deps, owner, { ...NO_KEYS, deviceKeys: device.deviceKeys })
    assert.equal(await signers(), 2)
    const others = deviceKeys(alice, owner.deviceId, createSigningKey())
    await uploadKeys(deps, owner, { ...NO_KEYS, deviceKeys: others })
    assert.equal(await signers(), 1)
  })
})

const errcodes = (failures: Record<string, Record<string, { errcode: string }>>) =>
  Object.fromEntries(
    Object.entries(failures).map(([userId, byKey]) => [
      userId,
      Object.fromEntries(Object.entries(byKey).map(([keyId, { errcode }]) => [keyId, errcode])),
    ]),
  )

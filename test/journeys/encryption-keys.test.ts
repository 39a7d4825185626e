import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import {
  createCrossSigningKeys,
  createSigningKey,
  deviceKeys,
  oneTimeKeys,
  signed,
  type SigningKey,
} from '../support/signing-key.ts'

type Sync = {
  next_batch: string
  device_lists: { changed: string[]; left: string[] }
  device_one_time_keys_count: Record<string, number>
  device_unused_fallback_key_types: string[]
}
type Keys = Record<string, Record<string, Record<string, unknown>>>

const sync = async (user: TestUser, since: string, timeout = 0) =>
  (await user.get(`/sync?timeout=${timeout}&since=${since}`)) as Sync
const firstSync = async (user: TestUser) => ((await user.get('/sync?timeout=0')) as Sync).next_batch
const query = async (user: TestUser, ...userIds: string[]) =>
  (await user.post('/keys/query', {
    device_keys: Object.fromEntries(userIds.map((userId) => [userId, []])),
  })) as { device_keys: Keys; master_keys: Keys; self_signing_keys: Keys; user_signing_keys: Keys }
const claim = async (user: TestUser, target: TestUser) =>
  (
    (await user.post('/keys/claim', {
      one_time_keys: { [target.userId]: { [target.deviceId]: 'signed_curve25519' } },
    })) as { one_time_keys: Keys }
  ).one_time_keys[target.userId]?.[target.deviceId] ?? {}
const join = (user: TestUser, roomId: string) => user.post(`/join/${encodeURIComponent(roomId)}`)

/** Uploads the keys of the device and ten one-time keys. */
async function uploadDevice(user: TestUser): Promise<SigningKey> {
  const key = createSigningKey()
  const response = await user.post('/keys/upload', {
    device_keys: deviceKeys(user.userId, user.deviceId, key),
    one_time_keys: oneTimeKeys(0, 10),
    fallback_keys: { 'signed_curve25519:F1': { key: 'fallback', fallback: true, signatures: {} } },
  })
  assert.deepEqual(response, { one_time_key_counts: { signed_curve25519: 10 } })
  return key
}

async function begin(t: TestContext) {
  const { url } = await startTestServer(t)
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  return { url, alice, bob, carol }
}

test('Bob reads the keys of Alice after they share a room, claims a key once, and a client sees its counts in every sync', async (t) => {
  const { alice, bob, carol } = await begin(t)
  const roomId = await alice.createRoom()
  await uploadDevice(alice)
  const since = await firstSync(bob)
  assert.deepEqual((await query(bob, alice.userId)).device_keys, { [alice.userId]: {} }, 'no shared room')
  assert.deepEqual(await claim(bob, alice), {}, 'no shared room')
  await join(bob, roomId)
  assert.deepEqual((await sync(bob, since)).device_lists, { changed: [alice.userId], left: [] })
  const found = (await query(bob, alice.userId, '@unknown:localhost')).device_keys
  assert.deepEqual(Object.keys(found), [alice.userId, '@unknown:localhost'])
  assert.equal(found[alice.userId]?.[alice.deviceId]?.['user_id'], alice.userId)
  assert.deepEqual(await claim(bob, alice), oneTimeKeys(0, 1))
  assert.deepEqual(await claim(bob, alice), oneTimeKeys(1, 1))
  assert.deepEqual(await claim(carol, alice), {}, 'Carol shares no room')
  const idle = await firstSync(alice)
  for (const timeout of [0, 1]) {
    const response = await sync(alice, idle, timeout)
    assert.deepEqual(response.device_one_time_keys_count, { signed_curve25519: 8 })
    assert.deepEqual(response.device_unused_fallback_key_types, ['signed_curve25519'])
  }
  const known = new Set(Object.keys(oneTimeKeys(2, 8)))
  for (let at = 0; at < 8; at++)
    for (const name of Object.keys(await claim(bob, alice))) assert.ok(known.delete(name))
  assert.equal(known.size, 0)
  for (let at = 0; at < 2; at++)
    assert.deepEqual(Object.keys(await claim(bob, alice)), ['signed_curve25519:F1'], 'the fallback key')
  const empty = await sync(alice, idle)
  assert.deepEqual(empty.device_one_time_keys_count, { signed_curve25519: 0 })
  assert.deepEqual(empty.device_unused_fallback_key_types, [])
  const withoutKeys = await sync(carol, await firstSync(carol))
  assert.deepEqual(withoutKeys.device_one_time_keys_count, { signed_curve25519: 0 })
})

test('64 claims at once get 64 different keys, and a repeated upload does not bring a claimed key back', async (t) => {
  const { alice, bob } = await begin(t)
  await join(bob, await alice.createRoom())
  await uploadDevice(alice)
  await alice.post('/keys/upload', { one_time_keys: oneTimeKeys(10, 54) })
  const claimed = await Promise.all(Array.from({ length: 64 }, () => claim(bob, alice)))
  const names = claimed.flatMap((keys) => Object.keys(keys))
  assert.deepEqual(names.toSorted(), Object.keys(oneTimeKeys(0, 64)))
  const again = await alice.post('/keys/upload', { one_time_keys: oneTimeKeys(60, 6) })
  assert.deepEqual(again, { one_time_key_counts: { signed_curve25519: 2 } })
  const other = await alice.try('POST', '/keys/upload', {
    one_time_keys: { 'signed_curve25519:K00001': { key: 'another' } },
  })
  assert.deepEqual([other.status, other.body['errcode']], [400, 'M_INVALID_PARAM'])
})

test('a waiting sync names a user whose devices change, and a user who leaves the last shared room', async (t) => {
  const { url, alice, bob } = await begin(t)
  const roomId = await alice.createRoom()
  await join(bob, roomId)
  const start = await firstSync(bob)
  const waiting = sync(bob, start, 30_000)
  await uploadDevice(alice)
  const afterUpload = await waiting
  assert.deepEqual(afterUpload.device_lists, { changed: [alice.userId], left: [] })
  const phone = await loginUser(url, 'alice')
  assert.deepEqual((await sync(bob, afterUpload.next_batch)).device_lists.changed, [], 'without keys')
  await uploadDevice(phone)
  const afterPhone = await sync(bob, afterUpload.next_batch)
  assert.deepEqual(afterPhone.device_lists.changed, [alice.userId])
  await alice.put(`/devices/${phone.deviceId}`, { display_name: 'Phone' })
  const afterName = await sync(bob, afterPhone.next_batch)
  assert.deepEqual(afterName.device_lists.changed, [alice.userId])
  const devices = (await query(bob, alice.userId)).device_keys[alice.userId] ?? {}
  assert.deepEqual(devices[phone.deviceId]?.['unsigned'], { device_display_name: 'Phone' })
  await phone.post('/logout')
  const afterLogout = await sync(bob, afterName.next_batch)
  assert.deepEqual(afterLogout.device_lists.changed, [alice.userId])
  const left = (await query(bob, alice.userId)).device_keys[alice.userId] ?? {}
  assert.deepEqual(Object.keys(left), [alice.deviceId])
  assert.deepEqual(await claim(bob, phone), {})
  await alice.put(`/profile/${alice.userId}/displayname`, { displayname: 'Alice' })
  const afterProfile = await sync(bob, afterLogout.next_batch)
  assert.deepEqual(afterProfile.device_lists, { changed: [], left: [] })
  await bob.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
  const afterLeave = await sync(bob, afterProfile.next_batch)
  assert.deepEqual(afterLeave.device_lists, { changed: [], left: [alice.userId] })
  const changes = await bob.get(`/keys/changes?from=${start}&to=${afterLeave.next_batch}`)
  assert.deepEqual(changes, { changed: [], left: [alice.userId] })
})

test('cross-signing keys need the password only when they replace others, and signatures are verified', async (t) => {
  const { alice, bob } = await begin(t)
  await join(bob, await alice.createRoom())
  const aliceKey = await uploadDevice(alice)
  await uploadDevice(bob)
  const [ofAlice, ofBob] = [createCrossSigningKeys(alice.userId), createCrossSigningKeys(bob.userId)]
  const since = await firstSync(bob)
  for (let at = 0; at < 2; at++) await alice.post('/keys/device_signing/upload', ofAlice.body)
  assert.deepEqual((await sync(bob, since)).device_lists.changed, [alice.userId])
  await bob.post('/keys/device_signing/upload', ofBob.body)
  const others = createCrossSigningKeys(alice.userId)
  const asked = await alice.try('POST', '/keys/device_signing/upload', others.body)
  assert.equal(asked.status, 401)
  assert.deepEqual(asked.body['flows'], [{ stages: ['m.login.password'] }])

  const device = deviceKeys(alice.userId, alice.deviceId, aliceKey)
  const { signatures: _own, ...unsignedDevice } = device
  const bobsMaster = ofBob.body.master_key
  const byAlice = { userId: alice.userId, keyId: ofAlice.userSigning.publicKey }
  const upload = {
    [alice.userId]: {
      [alice.deviceId]: signed(unsignedDevice, ofAlice.selfSigning, {
        userId: alice.userId,
        keyId: ofAlice.selfSigning.publicKey,
      }),
      [ofAlice.master.publicKey]: signed(ofAlice.body.master_key, aliceKey, {
        userId: alice.userId,
        keyId: alice.deviceId,
      }),
    },
    [bob.userId]: {
      [ofBob.master.publicKey]: signed(bobsMaster, ofAlice.userSigning, byAlice),
      NONE: signed(bobsMaster, ofAlice.userSigning, byAlice),
    },
  }
  const result = (await alice.post('/keys/signatures/upload', upload)) as { failures: Keys }
  assert.deepEqual(Object.keys(result.failures), [bob.userId])
  assert.equal(result.failures[bob.userId]?.['NONE']?.['errcode'], 'M_NOT_FOUND')
  const forged = await bob.post('/keys/signatures/upload', {
    [alice.userId]: {
      [ofAlice.master.publicKey]: signed(ofAlice.body.master_key, createSigningKey(), {
        userId: bob.userId,
        keyId: ofBob.userSigning.publicKey,
      }),
    },
  })
  const failures = (forged as { failures: Keys }).failures
  assert.equal(failures[alice.userId]?.[ofAlice.master.publicKey]?.['errcode'], 'M_INVALID_SIGNATURE')

  const seenByAlice = await query(alice, alice.userId, bob.userId)
  const seenByBob = await query(bob, alice.userId, bob.userId)
  const signers = (keys: Record<string, unknown> | undefined) =>
    Object.entries((keys?.['signatures'] ?? {}) as Record<string, object>).flatMap(([user, by]) =>
      Object.keys(by).map((key) => `${user} ${key}`),
    )
  assert.deepEqual(
    signers(seenByBob.device_keys[alice.userId]?.[alice.deviceId]).toSorted(),
    [
      `${alice.userId} ed25519:${alice.deviceId}`,
      `${alice.userId} ed25519:${ofAlice.selfSigning.publicKey}`,
    ].toSorted(),
  )
  assert.deepEqual(signers(seenByBob.master_keys[alice.userId]), [
    `${alice.userId} ed25519:${alice.deviceId}`,
  ])
  assert.deepEqual(signers(seenByAlice.master_keys[bob.userId]), [
    `${alice.userId} ed25519:${ofAlice.userSigning.publicKey}`,
  ])
  assert.deepEqual(signers(seenByBob.master_keys[bob.userId]), [], 'only Alice sees that she verified Bob')
  assert.deepEqual(Object.keys(seenByBob.user_signing_keys), [bob.userId])
  assert.deepEqual(Object.keys(seenByBob.self_signing_keys).toSorted(), [alice.userId, bob.userId])

  const auth = { type: 'm.login.password', password: PASSWORD, session: asked.body['session'] }
  await alice.post('/keys/device_signing/upload', { ...others.body, auth })
  const replaced = await query(alice, alice.userId, bob.userId)
  assert.deepEqual(replaced.master_keys[alice.userId], others.body.master_key)
  assert.deepEqual(signers(replaced.master_keys[bob.userId]), [], 'the earlier user-signing key made it')
  assert.deepEqual(signers(replaced.device_keys[alice.userId]?.[alice.deviceId]), [
    `${alice.userId} ed25519:${alice.deviceId}`,
  ])
})

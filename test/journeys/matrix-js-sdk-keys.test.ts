import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { MatrixClient } from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { cryptoOf, ENCRYPTED } from './js-sdk-crypto.ts'
import { PASSWORD, startClient, startSession } from './js-sdk.ts'

const withCrypto = { withCrypto: true }

/**
 * Creates cross-signing keys, with the password if the server asks for it. Resolves to the number of times
 * that it did.
 */
async function createIdentity(client: MatrixClient, more: { setupNewCrossSigning?: boolean } = {}) {
  let asked = 0
  await cryptoOf(client).bootstrapCrossSigning({
    ...more,
    authUploadDeviceSigningKeys: async (send) => {
      try {
        await send(null)
      } catch (error) {
        asked++
        const { session } = (error as { data: { session: string } }).data
        await send({ type: 'm.login.password', session, password: PASSWORD })
      }
    },
  })
  return asked
}

const isSignedByOwner = async (viewer: MatrixClient, device: MatrixClient) => {
  const [userId, deviceId] = [device.getSafeUserId(), device.getDeviceId() ?? '']
  return (await cryptoOf(viewer).getDeviceVerificationStatus(userId, deviceId))?.signedByOwner
}

/** Alice and Bob share an encrypted room, and Bob has the devices of Alice. */
async function begin(t: TestContext) {
  const { url } = await startTestServer(t)
  const alice = await startClient(t, url, 'alice', withCrypto)
  const bob = await startClient(t, url, 'bob', withCrypto)
  // A client follows the device lists of users who join an encrypted room.
  const { room_id: roomId } = await bob.createRoom({
    preset: 'public_chat' as never,
    initial_state: ENCRYPTED,
  })
  await eventually(() => cryptoOf(bob).isEncryptionEnabledInRoom(roomId))
  await alice.joinRoom(roomId)
  /** As Bob's client has them. The client reads them again only after `device_lists` of /sync. */
  const devicesOf = async (user: MatrixClient) => {
    const found = await cryptoOf(bob).getUserDeviceInfo([user.getSafeUserId()], true)
    return [...(found.get(user.getSafeUserId())?.keys() ?? [])].toSorted()
  }
  await eventually(async () => (await devicesOf(alice)).includes(alice.getDeviceId() ?? ''))
  return { url, alice, bob, devicesOf }
}

describe('an unmodified matrix-js-sdk client with its cryptography in Rust', () => {
  test('adds one-time keys when the counts in /sync fall, and each key is claimed once', async (t) => {
    const { alice, bob } = await begin(t)
    const [userId, deviceId] = [alice.getSafeUserId(), alice.getDeviceId() ?? '']
    const names = new Set<string>()
    /** Whether the claim returned a one-time key. */
    const claim = async () => {
      const { one_time_keys: keys } = await bob.claimOneTimeKeys([[userId, deviceId]], 'signed_curve25519')
      const [[name, key] = []] = Object.entries(keys[userId]?.[deviceId] ?? {})
      assert.ok(name !== undefined, 'a key, or the fallback key')
      if ((key as { fallback?: boolean }).fallback) return false
      assert.ok(!names.has(name), 'the key was not claimed before')
      names.add(name)
      return true
    }
    // The client has uploaded 50 keys.
    for (let at = 0; at < 50; at++) assert.equal(await claim(), true)
    assert.equal(await claim(), false)
    // Her own room ends the wait of the sync of Alice.
    await alice.createRoom({})
    await eventually(claim)
    assert.equal(names.size, 51)
  })

  test('creates and replaces its cross-signing keys, and others see its devices as signed by their owner', async (t) => {
    const { url, alice, bob, devicesOf } = await begin(t)
    await eventually(async () => (await isSignedByOwner(bob, alice)) === false)
    assert.equal(await createIdentity(alice), 0, 'the first upload needs no password')
    await eventually(() => isSignedByOwner(bob, alice))
    const masterKey = async () =>
      (await bob.downloadKeysForUsers([alice.getSafeUserId()])).master_keys?.[alice.getSafeUserId()]?.keys
    const first = await masterKey()
    assert.equal(await createIdentity(alice, { setupNewCrossSigning: true }), 1)
    assert.notDeepEqual(await masterKey(), first)
    await eventually(() => isSignedByOwner(bob, alice))

    const phone = await startSession(t, url, 'alice', withCrypto)
    const both = [alice, phone].map((client) => String(client.getDeviceId())).toSorted()
    await eventually(async () => String(await devicesOf(alice)) === String(both))
    assert.equal(await isSignedByOwner(bob, phone), false)
    await phone.logout(true)
    await eventually(async () => String(await devicesOf(alice)) === alice.getDeviceId())
  })
})

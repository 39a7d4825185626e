import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { call } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { createVault, cryptoOf, ENCRYPTED, setUpSecrets } from './js-sdk-crypto.ts'
import { once, startClient, startSession } from './js-sdk.ts'

// Secret storage (client-server API, "Secrets") is account data, and a dehydrated device (MSC3814) needs it.

/** Gets the cross-signing keys from the secret storage, and signs the device. */
async function importIdentity(client: sdk.MatrixClient): Promise<void> {
  await eventually(() => cryptoOf(client).isSecretStorageReady())
  await eventually(() => cryptoOf(client).userHasCrossSigningKeys())
  await cryptoOf(client).bootstrapCrossSigning({})
}

const send = (client: sdk.MatrixClient, roomId: string, body: string) =>
  client.sendMessage(roomId, { msgtype: sdk.MsgType.Text, body })

/** Whether the client has the text of the event. */
const reads = (client: sdk.MatrixClient, roomId: string, body: string) =>
  client
    .getRoom(roomId)
    ?.getLiveTimeline()
    .getEvents()
    .some((event) => event.getContent()['body'] === body) === true

test('matrix-js-sdk creates its secret storage, and a new login gets cross-signing and the key backup from it', async (t) => {
  const { url } = await startTestServer(t)
  const vault = createVault()
  const laptop = await startClient(t, url, 'alice', vault.options)
  await setUpSecrets(laptop)
  await eventually(() => cryptoOf(laptop).isSecretStorageReady())
  const { room_id: roomId } = await laptop.createRoom({ initial_state: ENCRYPTED })
  await eventually(() => cryptoOf(laptop).isEncryptionEnabledInRoom(roomId))
  await send(laptop, roomId, 'before the new login')
  const version = await cryptoOf(laptop).getActiveSessionBackupVersion()
  assert.ok(version)
  // The client uploads keys after a random delay.
  const backup = `${url}/_matrix/client/v3/room_keys/version`
  const token = laptop.getAccessToken() ?? ''
  await eventually(async () => (await call(backup, { token })).body['count'] === 1)

  const phone = await startSession(t, url, 'alice', vault.options)
  await importIdentity(phone)
  await eventually(async () => {
    const status = await cryptoOf(phone).getDeviceVerificationStatus(
      phone.getSafeUserId(),
      phone.getDeviceId() ?? '',
    )
    return status?.signedByOwner === true
  })
  await cryptoOf(phone).loadSessionBackupPrivateKeyFromSecretStorage()
  const { imported } = await cryptoOf(phone).restoreKeyBackup()
  assert.equal(imported, 1)
  await eventually(() => reads(phone, roomId, 'before the new login'))
})

test('a message sent while a user has no session is read after the next login, with the dehydrated device of matrix-js-sdk', async (t) => {
  const { url } = await startTestServer(t)
  const vault = createVault()
  const bob = await startClient(t, url, 'bob', { withCrypto: true })
  const laptop = await startClient(t, url, 'alice', vault.options)
  await setUpSecrets(laptop)
  const { room_id: roomId } = await bob.createRoom({
    preset: sdk.Preset.PublicChat,
    initial_state: ENCRYPTED,
  })
  await eventually(() => cryptoOf(bob).isEncryptionEnabledInRoom(roomId))
  await laptop.joinRoom(roomId)
  assert.equal(await cryptoOf(laptop).isDehydrationSupported(), true)
  await cryptoOf(laptop).startDehydration()
  const { body: stored } = await call(
    `${url}/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`,
    { token: laptop.getAccessToken() ?? '' },
  )
  const dehydratedId = String(stored['device_id'])
  const devicesSeen = async () => {
    const found = await cryptoOf(bob).getUserDeviceInfo([laptop.getSafeUserId()], true)
    return [...(found.get(laptop.getSafeUserId())?.keys() ?? [])]
  }
  await eventually(async () => (await devicesSeen()).includes(dehydratedId))
  laptop.stopClient()
  await laptop.logout(true)
  await eventually(async () => String(await devicesSeen()) === dehydratedId)
  await send(bob, roomId, 'sent without a session')

  const phone = await startSession(t, url, 'alice', vault.options)
  assert.ok(!reads(phone, roomId, 'sent without a session'))
  await importIdentity(phone)
  const rehydrated = once(phone, 'dehydration.RehydrationCompleted')
  await cryptoOf(phone).startDehydration()
  await rehydrated
  await eventually(() => reads(phone, roomId, 'sent without a session'))
  const { body: next } = await call(
    `${url}/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`,
    { token: phone.getAccessToken() ?? '' },
  )
  assert.notEqual(next['device_id'], dehydratedId, 'the client has replaced the dehydrated device')
})

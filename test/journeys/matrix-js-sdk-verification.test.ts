import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import * as sdk from 'matrix-js-sdk'
import {
  CryptoEvent,
  type ShowSasCallbacks,
  type VerificationRequest,
  VerificationPhase,
  type Verifier,
  VerifierEvent,
} from 'matrix-js-sdk/lib/crypto-api/index.js'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { createVault, cryptoOf, ENCRYPTED, setUpSecrets } from './js-sdk-crypto.ts'
import { once, startClient, startSession } from './js-sdk.ts'

/** The clients wait for each other in many steps. */
const LIMIT_MS = 120_000
const ATTEMPTS = 4
/** A verification takes one to three seconds. */
const ATTEMPT_MS = 25_000

async function begin(t: TestContext) {
  const { url } = await startTestServer(t)
  const vault = createVault()
  const alice = await startClient(t, url, 'alice', vault.options)
  const bob = await startClient(t, url, 'bob', createVault().options)
  await setUpSecrets(alice)
  await setUpSecrets(bob)
  const { room_id: roomId } = await alice.createRoom({
    preset: sdk.Preset.TrustedPrivateChat,
    is_direct: true,
    invite: [bob.getSafeUserId()],
    initial_state: ENCRYPTED,
  })
  await bob.joinRoom(roomId)
  for (const client of [alice, bob])
    await eventually(() => client.getRoom(roomId)?.getJoinedMemberCount() === 2)
  return { url, vault, alice, bob, roomId }
}

/**
 * Verifies, and begins again when it stands still, as a person does: a client can miss a change of state, and
 * then shows no emoji or does not end, although it has received all messages in order.
 */
async function verify(begin: () => Promise<VerificationRequest>, receiver: sdk.MatrixClient) {
  for (let attempt = 1; ; attempt++) {
    const incoming = nextRequest(receiver)
    const request = await begin()
    const isVerified = confirmEmoji(request, incoming).then(() => true)
    // After a cancellation it may reject.
    isVerified.catch(() => undefined)
    const timer = new AbortController()
    const isLate = setTimeout(ATTEMPT_MS, false, { signal: timer.signal }).catch(() => false)
    if (await Promise.race([isVerified, isLate])) return timer.abort()
    assert.ok(attempt < ATTEMPTS, `${ATTEMPTS} verifications stood still`)
    await request.cancel()
  }
}

/** Both sides compare the emoji and confirm. Resolves when both clients hold the other side as verified. */
async function confirmEmoji(request: VerificationRequest, incoming: Promise<VerificationRequest>) {
  const received = await incoming
  await received.accept()
  await eventually(() => request.phase >= VerificationPhase.Ready)
  assert.equal(request.phase, VerificationPhase.Ready)
  const starting = await request.startVerification('m.sas.v1')
  await eventually(() => received.verifier !== undefined || received.phase === VerificationPhase.Cancelled)
  assert.ok(received.verifier)
  const shown = Promise.all([sasOf(starting), sasOf(received.verifier)])
  const verified = Promise.all([starting.verify(), received.verifier.verify()])
  // `verified` rejects when the request is cancelled before the emoji are shown.
  const [ours, theirs] = await Promise.race([shown, verified.then(() => shown)])
  assert.deepEqual(ours.sas.emoji, theirs.sas.emoji, 'both devices show the same emoji')
  await Promise.all([ours.confirm(), theirs.confirm()])
  await verified
}

/** Whether a client has the keys of the device of another one. */
async function knowsDevice(viewer: sdk.MatrixClient, device: sdk.MatrixClient): Promise<boolean> {
  const userId = device.getSafeUserId()
  const devices = await cryptoOf(viewer).getUserDeviceInfo([userId], true)
  return devices.get(userId)?.has(device.getDeviceId() ?? '') ?? false
}

function sasOf(verifier: Verifier): Promise<ShowSasCallbacks> {
  return new Promise((resolve) => verifier.once(VerifierEvent.ShowSas, resolve))
}

function nextRequest(client: sdk.MatrixClient): Promise<VerificationRequest> {
  return new Promise((resolve) => client.once(CryptoEvent.VerificationRequestReceived, resolve))
}

/** As the server counts them; the client remembers an older count. */
async function backedUpKeys(client: sdk.MatrixClient): Promise<number> {
  const version = await client.http.authedRequest<{ count: number }>(sdk.Method.Get, '/room_keys/version')
  return version.count
}

/** Sends a message and resolves when the reader has decrypted it. */
async function tell(from: sdk.MatrixClient, reader: sdk.MatrixClient, roomId: string, body: string) {
  const read = once(
    reader,
    sdk.MatrixEventEvent.Decrypted,
    (event: sdk.MatrixEvent) => !event.isDecryptionFailure() && event.getContent()['body'] === body,
  )
  const { event_id: eventId } = await from.sendMessage(roomId, { msgtype: sdk.MsgType.Text, body })
  await read
  return eventId
}

test(
  'two users verify each other with emoji, and a new login restores all messages from the key backup',
  { timeout: LIMIT_MS },
  async (t) => {
    const { url, vault, alice, bob, roomId } = await begin(t)
    const failures: string[] = []
    const watch = (client: sdk.MatrixClient) =>
      client.on(sdk.MatrixEventEvent.Decrypted, (event) => {
        if (event.isDecryptionFailure()) failures.push(String(event.getId()))
      })
    watch(alice)
    watch(bob)
    await verify(() => cryptoOf(alice).requestVerificationDM(bob.getSafeUserId(), roomId), bob)
    const isVerified = async (viewer: sdk.MatrixClient, user: sdk.MatrixClient) =>
      (await cryptoOf(viewer).getUserVerificationStatus(user.getSafeUserId())).isCrossSigningVerified()
    await eventually(() => isVerified(alice, bob))
    await eventually(() => isVerified(bob, alice))

    const sent: string[] = []
    for (const at of [1, 2, 3]) {
      sent.push(await tell(alice, bob, roomId, `alice ${at}`))
      sent.push(await tell(bob, alice, roomId, `bob ${at}`))
    }
    assert.deepEqual(failures, [])
    // Her session of the room and Bob's. The client uploads them after a random delay of up to ten seconds.
    await eventually(async () => (await backedUpKeys(alice)) >= 2)

    const phone = await startSession(t, url, 'alice', vault.options)
    // It needs the public keys of the user, which a client downloads after a login.
    assert.ok(await cryptoOf(phone).userHasCrossSigningKeys(undefined, true))
    await cryptoOf(phone).bootstrapCrossSigning({})
    await cryptoOf(phone).loadSessionBackupPrivateKeyFromSecretStorage()
    const { total, imported } = await cryptoOf(phone).restoreKeyBackup()
    assert.equal(imported, total)
    for (const eventId of sent) {
      const event = new sdk.MatrixEvent(await phone.fetchRoomEvent(roomId, eventId))
      await phone.decryptEventIfNeeded(event)
      assert.equal(event.isDecryptionFailure(), false)
      assert.match(String(event.getContent()['body']), /^(?:alice|bob) \d$/)
    }
    assert.ok(await isVerified(phone, bob), 'the new device knows from the signatures that Bob is verified')
    watch(phone)
    await tell(bob, phone, roomId, 'to the new device')
    await tell(phone, bob, roomId, 'from the new device')
    assert.deepEqual(failures, [])
  },
)

test(
  'a new device is verified by another device of the same user, which sends it the secrets',
  { timeout: LIMIT_MS },
  async (t) => {
    const { url, alice } = await begin(t)
    const tablet = await startSession(t, url, 'alice', { withCrypto: true })
    // Each must have the keys of the other: a request is sent to the devices that the client knows.
    await eventually(() => knowsDevice(alice, tablet))
    await eventually(() => knowsDevice(tablet, alice))
    await verify(() => cryptoOf(tablet).requestOwnUserVerification(), alice)
    await eventually(() => cryptoOf(tablet).isCrossSigningReady())
    const statusOf = () =>
      cryptoOf(alice).getDeviceVerificationStatus(alice.getSafeUserId(), tablet.getDeviceId() ?? '')
    await eventually(async () => (await statusOf())?.crossSigningVerified === true)
    await eventually(async () => (await cryptoOf(tablet).getSessionBackupPrivateKey()) !== null)
  },
)

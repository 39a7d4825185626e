import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { cryptoOf, ENCRYPTED } from './js-sdk-crypto.ts'
import { once, startClient } from './js-sdk.ts'

/** Resolves when the client has decrypted a message with this text. */
function decrypted(client: sdk.MatrixClient, body: string): Promise<void> {
  return once(
    client,
    sdk.MatrixEventEvent.Decrypted,
    (event: sdk.MatrixEvent) => event.getType() === 'm.room.message' && event.getContent()['body'] === body,
  )
}

const send = (client: sdk.MatrixClient, roomId: string, body: string) =>
  client.sendMessage(roomId, { msgtype: sdk.MsgType.Text, body })

test('two clients of matrix-js-sdk with its cryptography read the messages of each other in an encrypted room', async (t) => {
  const { url } = await startTestServer(t)
  const alice = await startClient(t, url, 'alice', { withCrypto: true })
  const bob = await startClient(t, url, 'bob', { withCrypto: true })
  const { room_id: roomId } = await alice.createRoom({
    preset: sdk.Preset.PrivateChat,
    invite: [String(bob.getUserId())],
    initial_state: ENCRYPTED,
  })
  await bob.joinRoom(roomId)
  // Before its sync says that the room is encrypted, a client sends plain text.
  for (const client of [alice, bob])
    await eventually(() => cryptoOf(client).isEncryptionEnabledInRoom(roomId))
  for (const [from, to, body] of [
    [alice, bob, 'hello'],
    [bob, alice, 'hello back'],
    [alice, bob, 'once more'],
  ] as const) {
    const read = decrypted(to, body)
    const { event_id: eventId } = await send(from, roomId, body)
    await read
    const stored = await to.fetchRoomEvent(roomId, eventId)
    assert.equal(stored.type, 'm.room.encrypted', 'the server has only the encrypted text')
    assert.ok(!JSON.stringify(stored).includes(body))
  }
})

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Attachment, EncryptedAttachment } from '@matrix-org/matrix-sdk-crypto-wasm'
import * as sdk from 'matrix-js-sdk'
import type { EncryptedFile } from 'matrix-js-sdk/lib/types.js'
import { cryptoOf, ENCRYPTED } from '../../journeys/js-sdk-crypto.ts'
import { startClient } from '../../journeys/js-sdk.ts'
import { registerUser, type TestUser } from '../../support/client.ts'
import { eventually } from '../../support/eventually.ts'
import { fetchMedia, upload } from '../../support/media.ts'

type Message = { sender: string | undefined; content: Record<string, unknown> }

/** Alice, the other user of a room with the user of Hydrogen. */
export type Peer = {
  room: string
  /** Resolves when a message reaches the device of the other user: with encryption, when its keys are known. */
  canReach(): Promise<void>
  say(text: string): Promise<void>
  sendPicture(name: string, picture: Buffer): Promise<void>
  /**
   * The newest message of a type, decrypted. It fails if the server has the message without the encryption of
   * the room.
   */
  newest(msgtype: string): Promise<Message | undefined>
  /** The bytes of the picture in a message, decrypted. */
  pictureIn(message: Message): Promise<Buffer>
}

const ROOM = 'Lunch'
const infoOf = (picture: Buffer) => ({ mimetype: 'image/png', w: 2, h: 2, size: picture.length })

/** @param other joins the room */
export async function plainPeer(_t: TestContext, url: string, other: TestUser): Promise<Peer> {
  const alice = await registerUser(url, 'alice')
  await alice.put(`/profile/${alice.userId}/displayname`, { displayname: 'Alice' })
  const room = await alice.createRoom({ preset: 'public_chat', name: ROOM })
  await other.post(`/join/${encodeURIComponent(room)}`)
  const path = `/rooms/${encodeURIComponent(room)}`
  return {
    room,
    canReach: async () => undefined,
    say: async (text) => void (await alice.say(room, text)),
    async sendPicture(body, picture) {
      const media = await upload(url, alice, { body: picture, type: 'image/png', filename: body })
      const content = { msgtype: 'm.image', body, url: `mxc://${media}`, info: infoOf(picture) }
      await alice.put(`${path}/send/m.room.message/picture`, content)
    },
    async newest(msgtype) {
      const { chunk } = await alice.get(`${path}/messages?dir=b&limit=5`)
      return (chunk as Message[]).find(({ content }) => content['msgtype'] === msgtype)
    },
    async pictureIn({ content }) {
      const media = String(content['url']).replace('mxc://', '')
      return bytesOf(await fetchMedia(url, alice, `download/${media}`))
    },
  }
}

async function bytesOf(response: Response): Promise<Buffer> {
  assert.equal(response.status, 200)
  return Buffer.from(await response.arrayBuffer())
}

/** A client of matrix-js-sdk with its cryptography. @param other joins the room */
export async function encryptedPeer(t: TestContext, url: string, other: TestUser): Promise<Peer> {
  const alice = await startClient(t, url, 'alice', { withCrypto: true })
  await alice.setDisplayName('Alice')
  const created = await alice.createRoom({
    name: ROOM,
    preset: sdk.Preset.PrivateChat,
    invite: [other.userId],
    initial_state: ENCRYPTED,
  })
  const room = created.room_id
  await other.post(`/join/${encodeURIComponent(room)}`)
  const hasJoined = () => alice.getRoom(room)?.getMember(other.userId)?.membership === 'join'
  await eventually(async () => hasJoined())
  return {
    room,
    async canReach() {
      const devices = () => cryptoOf(alice).getUserDeviceInfo([other.userId], true)
      await eventually(async () => ((await devices()).get(other.userId)?.size ?? 0) > 0)
    },
    say: async (body) => void (await alice.sendMessage(room, { msgtype: sdk.MsgType.Text, body })),
    async sendPicture(body, picture) {
      const encrypted = Attachment.encrypt(picture)
      const info = JSON.parse(encrypted.mediaEncryptionInfo ?? '') as Omit<EncryptedFile, 'url'>
      const data = new Blob([Buffer.from(encrypted.encryptedData)])
      const { content_uri: uri } = await alice.uploadContent(data, { type: 'application/octet-stream' })
      const file = { ...info, url: uri }
      await alice.sendMessage(room, { msgtype: sdk.MsgType.Image, body, file, info: infoOf(picture) })
    },
    async newest(msgtype) {
      const events = alice.getRoom(room)?.getLiveTimeline().getEvents() ?? []
      const event = events.findLast((found) => found.getContent()['msgtype'] === msgtype)
      if (event === undefined) return undefined
      assert.equal(event.getWireType(), 'm.room.encrypted')
      return { sender: event.getSender(), content: event.getContent() }
    },
    async pictureIn({ content }) {
      assert.equal(content['url'], undefined)
      const file = content['file'] as { url: string }
      const media = `download/${file.url.replace('mxc://', '')}`
      const headers = { authorization: `Bearer ${alice.getAccessToken()}` }
      const data = await bytesOf(await fetchMedia(url, undefined, media, headers))
      return Buffer.from(Attachment.decrypt(new EncryptedAttachment(data, JSON.stringify(file))))
    },
  }
}

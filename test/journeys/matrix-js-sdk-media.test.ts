import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { jpegOf, noSharp, sizeOf } from '../support/images.ts'
import { startTestServer } from '../support/server.ts'
import { once, startClient } from './js-sdk.ts'

test(
  'matrix-js-sdk uploads a picture and sends it; another client downloads it and gets its thumbnail',
  { skip: noSharp },
  async (t) => {
    const server = await startTestServer(t)
    const alice = await startClient(t, server.url, 'alice')
    const bob = await startClient(t, server.url, 'bob')
    const { room_id: roomId } = await alice.createRoom({ preset: sdk.Preset.PublicChat })
    await bob.joinRoom(roomId)

    const { 'm.upload.size': limit = 0 } = await alice.getMediaConfig(true)
    const picture = await jpegOf({ width: 1200, height: 900 })
    assert.ok(picture.length < limit)
    const { content_uri: url } = await alice.uploadContent(new Blob([new Uint8Array(picture)]), {
      name: 'photo.jpg',
      type: 'image/jpeg',
    })
    let received: sdk.MatrixEvent | undefined
    const arrived = once(bob, sdk.RoomEvent.Timeline, (event: sdk.MatrixEvent) => {
      received = event
      return event.getContent()['msgtype'] === 'm.image'
    })
    await alice.sendImageMessage(roomId, null, url, { mimetype: 'image/jpeg', w: 1200, h: 900 }, 'photo.jpg')
    await arrived

    const sent = String(received?.getContent()['url'])
    assert.equal(sent, url)
    const fetched = async (address: string | null) => {
      const response = await fetch(address ?? '', {
        headers: { authorization: `Bearer ${bob.getAccessToken()}` },
      })
      assert.equal(response.status, 200)
      return Buffer.from(await response.arrayBuffer())
    }
    const at = (width?: number, height?: number, method?: string) =>
      sdk.getHttpUriForMxc(server.url, sent, width, height, method, false, true, true)
    assert.ok((await fetched(at())).equals(picture))
    const { width, height } = await sizeOf(await fetched(at(320, 240, 'scale')))
    assert.deepEqual([width, height], [320, 240])

    await alice.setAvatarUrl(url)
    const { avatar_url: avatar } = await bob.getProfileInfo(alice.getUserId() as string)
    assert.equal(avatar, url)
  },
)

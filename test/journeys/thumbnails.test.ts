import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { registerUser } from '../support/client.ts'
import { animationOf, jpegOf, noSharp, pngOf, sizeOf, turnedJpegOf } from '../support/images.ts'
import { fetchMedia, filesIn, upload } from '../support/media.ts'
import { startTestServer } from '../support/server.ts'

type Errors = { errcode: string }

describe('a thumbnail', { skip: noSharp }, () => {
  test('is made at the first request, is never smaller than requested, and is stored', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, {
      body: await jpegOf({ width: 2000, height: 1000 }),
      type: 'image/jpeg',
    })
    const get = async (query: string) => {
      const response = await fetchMedia(server.url, alice, `thumbnail/${at}?${query}`)
      const { headers, status } = response
      assert.equal(status, 200, query)
      const { width, height } = await sizeOf(Buffer.from(await response.arrayBuffer()))
      return { headers, width, height }
    }
    const small = await get('width=32&height=32&method=crop')
    assert.deepEqual([small.width, small.height], [32, 32])
    assert.equal(small.headers.get('content-type'), 'image/jpeg')
    assert.equal(small.headers.get('content-disposition'), 'inline; filename="thumbnail.jpeg"')
    assert.match(small.headers.get('content-security-policy') ?? '', /^sandbox;/)
    for (const [query, expected] of [
      ['width=33&height=20&method=scale', [480, 240]],
      ['width=640&height=480', [960, 480]],
      ['width=50&height=50&method=crop', [96, 96]],
      ['width=100&height=50&method=crop', [480, 240]],
      ['width=900&height=900&method=scale', [2000, 1000]],
      ['width=3000&height=3000&method=crop', [2000, 1000]],
    ] as const) {
      const { width, height } = await get(query)
      assert.deepEqual([width, height], expected, query)
    }
    // The image, and 32 × 32, 96 × 96, 320 × 240 and 640 × 480.
    assert.equal(filesIn(join(server.data, 'media')).length, 5)
    const etag = small.headers.get('etag') ?? ''
    const known = await fetchMedia(server.url, alice, `thumbnail/${at}?width=32&height=32&method=crop`, {
      'if-none-match': etag,
    })
    assert.equal(known.status, 304)
  })

  test('is made again when the store has lost it, and its image gives 404 when that is lost', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const folder = join(server.data, 'media')
    const lose = (key: string) => rmSync(join(folder, key.slice(0, 2), key))
    const at = await upload(server.url, alice, { body: await jpegOf({ width: 200, height: 200 }) })
    const [image = ''] = filesIn(folder)
    const get = async () => {
      const response = await fetchMedia(server.url, alice, `thumbnail/${at}?width=32&height=32&method=crop`)
      return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
    }
    const { bytes } = await get()
    lose(filesIn(folder).find((key) => key !== image) ?? '')
    assert.deepEqual(await get(), { status: 200, bytes })
    assert.equal(filesIn(folder).length, 2)
    lose(image)
    assert.equal((await get()).status, 404)
  })

  test('is turned as the camera was held, has no place of the photo, and keeps transparency', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const get = async (body: Buffer) => {
      const at = await upload(server.url, alice, { body })
      const response = await fetchMedia(server.url, alice, `thumbnail/${at}?width=320&height=240`)
      return sizeOf(Buffer.from(await response.arrayBuffer()))
    }
    const photo = await get(await turnedJpegOf({ width: 1600, height: 800 }))
    assert.deepEqual(photo, {
      width: 320,
      height: 640,
      format: 'jpeg',
      pages: 1,
      hasExif: false,
      orientation: undefined,
    })
    assert.equal((await get(await pngOf({ width: 1000, height: 1000 }))).format, 'png')
  })

  test('of an animation has one frame, unless the client wants an animated one', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    for (const format of ['gif', 'webp'] as const)
      for (const side of [600, 20]) {
        const at = await upload(server.url, alice, {
          body: await animationOf({ width: side, height: side }, format),
        })
        const get = async (more: string) => {
          const path = `thumbnail/${at}?width=96&height=96&method=crop${more}`
          const response = await fetchMedia(server.url, alice, path)
          assert.equal(response.status, 200)
          return sizeOf(Buffer.from(await response.arrayBuffer()))
        }
        assert.equal((await get('')).pages, 1, `${format} ${side}`)
        assert.equal((await get('&animated=false')).pages, 1)
        assert.equal((await get('&animated=true')).pages, 2)
      }
  })

  test('cannot be made of other files, damaged images and images with too many pixels', async (t) => {
    const server = await startTestServer(t, { env: { BELFRY_MEDIA_THUMBNAIL_MAX_PIXELS: '1000000' } })
    const alice = await registerUser(server.url, 'alice')
    const good = await jpegOf({ width: 900, height: 900 })
    const size = 'width=96&height=96'
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>'
    for (const [body, type, query, status, errcode] of [
      [Buffer.from('text'), 'text/plain', size, 400, 'M_UNKNOWN'],
      [Buffer.from(''), 'image/png', size, 400, 'M_UNKNOWN'],
      [Buffer.from(svg), 'image/png', size, 400, 'M_UNKNOWN'],
      [good.subarray(0, 400), 'image/jpeg', size, 400, 'M_UNKNOWN'],
      [await pngOf({ width: 1001, height: 1000 }), 'image/png', size, 413, 'M_TOO_LARGE'],
      [good, 'image/jpeg', 'width=-1&height=96', 400, 'M_INVALID_PARAM'],
      [good, 'image/jpeg', 'width=0&height=96', 400, 'M_INVALID_PARAM'],
      [good, 'image/jpeg', 'width=96', 400, 'M_MISSING_PARAM'],
      [good, 'image/jpeg', `${size}&method=stretch`, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const at = await upload(server.url, alice, { body, type })
      for (const attempt of ['first', 'second']) {
        const response = await fetchMedia(server.url, alice, `thumbnail/${at}?${query}`)
        const { errcode: own } = (await response.json()) as Errors
        assert.deepEqual([response.status, own], [status, errcode], `${type} ${query} ${attempt}`)
      }
    }
    // The type that the client declared does not matter.
    const at = await upload(server.url, alice, { body: good, type: 'text/html' })
    const response = await fetchMedia(server.url, alice, `thumbnail/${at}?${size}`)
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg'])
  })
})

test('without thumbnails an image with one frame is served itself, and an animation only if it is wanted', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_MEDIA_THUMBNAILS: 'false' } })
  const alice = await registerUser(server.url, 'alice')
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  const gif = Buffer.from('GIF89a')
  for (const [body, more, status, type] of [
    [png, '', 200, 'image/png'],
    [gif, '', 400, 'application/json'],
    [gif, '&animated=true', 200, 'image/gif'],
  ] as const) {
    const at = await upload(server.url, alice, { body, type: 'text/html' })
    const response = await fetchMedia(server.url, alice, `thumbnail/${at}?width=9&height=9${more}`)
    assert.deepEqual([response.status, response.headers.get('content-type')], [status, type])
    if (status === 200) assert.deepEqual(Buffer.from(await response.arrayBuffer()), body)
  }
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { registerUser } from '../support/client.ts'
import { jpegOf, noSharp, sizeOf } from '../support/images.ts'
import { fetchMedia, tryUpload, upload } from '../support/media.ts'
import { noS3, s3Settings, startS3Server } from '../support/s3-server.ts'
import { startTestServer } from '../support/server.ts'

describe('a server with an S3 store', { skip: noS3 }, () => {
  test('stores files there, serves them in ranges, and has 503 while the store does not respond', async (t) => {
    const s3 = await startS3Server(t)
    const server = await startTestServer(t, { env: s3Settings(s3) })
    const alice = await registerUser(server.url, 'alice')
    const bytes = randomBytes(7_000_000)
    const at = await upload(server.url, alice, { body: bytes, type: 'video/mp4' })
    assert.equal(existsSync(join(server.data, 'media')), false)
    const whole = await fetchMedia(server.url, alice, `download/${at}`)
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes))
    const part = await fetchMedia(server.url, alice, `download/${at}`, { range: 'bytes=6000000-6000009' })
    assert.equal(part.status, 206)
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(6_000_000, 6_000_010)))

    await s3.stop()
    const refused = await tryUpload(server.url, alice, { body: 'x' })
    assert.deepEqual([refused.status, refused.body['errcode']], [503, 'ORG.BELFRY.STORAGE_UNAVAILABLE'])
    assert.equal((await fetchMedia(server.url, alice, `download/${at}`)).status, 503)
    await s3.restart()
    assert.equal((await tryUpload(server.url, alice, { body: 'x' })).status, 200)
  })

  test('stores thumbnails there', { skip: noSharp }, async (t) => {
    const server = await startTestServer(t, { env: s3Settings(await startS3Server(t)) })
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, { body: await jpegOf({ width: 900, height: 900 }) })
    for (let n = 0; n < 2; n++) {
      const path = `thumbnail/${at}?width=96&height=96&method=crop`
      const response = await fetchMedia(server.url, alice, path)
      assert.equal((await sizeOf(Buffer.from(await response.arrayBuffer()))).width, 96)
    }
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { systemClock } from '../../../src/lib/clock.ts'
import { createS3Client, type S3Options } from '../../../src/media/s3/client.ts'
import { createS3Blobs } from '../../../src/media/s3/s3-blobs.ts'
import { afterTest } from '../../support/after-test.ts'
import { ACCESS_KEY, noS3, type S3Server, SECRET_KEY, startS3Server } from '../../support/s3-server.ts'

const MEBIBYTE = 1_048_576

function createFixture(t: TestContext, { url, bucket }: S3Server, more: Partial<S3Options> = {}) {
  const options: S3Options = {
    endpoint: url,
    bucket,
    prefix: 'a prefix/',
    region: 'us-east-1',
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    pathStyle: true,
    clock: { ...systemClock, sleep: async () => undefined },
    ...more,
  }
  const blobs = createS3Blobs(options)
  const client = createS3Client(options)
  afterTest(t, async () => {
    await blobs[Symbol.asyncDispose]()
    await client[Symbol.asyncDispose]()
  })
  /** The unfinished uploads in parts, and the keys of all objects. */
  const inside = async () => {
    const list = async (query: Record<string, string>) => {
      const text = await client.text({ method: 'GET', query, accepted: [200] })
      return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key)
    }
    return { uploads: await list({ uploads: '' }), objects: await list({ 'list-type': '2' }) }
  }
  return { blobs, inside }
}

describe('a store in an S3 service', { skip: noS3 }, () => {
  test('stores blobs of one and of several parts, reads ranges and removes them', async (t) => {
    const { blobs, inside } = createFixture(t, await startS3Server(t))
    await blobs.check()
    for (const [key, bytes] of [
      ['empty', Buffer.alloc(0)],
      ['small-_9', randomBytes(1000)],
      ['large', randomBytes(12 * MEBIBYTE)],
    ] as const) {
      const writer = await blobs.begin(key, undefined)
      for (let at = 0; at < bytes.length; at += 65_536) await writer.write(bytes.subarray(at, at + 65_536))
      assert.equal(await blobs.size(key), undefined, 'it cannot be read before it is kept')
      await writer.keep()
      assert.equal(await blobs.size(key), bytes.length)
      assert.ok((await buffer(blobs.read(key, { start: 0, end: bytes.length }))).equals(bytes))
      const range = { start: Math.min(10, bytes.length), end: Math.min(900, bytes.length) }
      assert.ok((await buffer(blobs.read(key, range))).equals(bytes.subarray(range.start, range.end)))
    }
    assert.equal((await inside()).objects.length, 3)
    for (const key of ['empty', 'small-_9', 'large', 'unknown']) await blobs.remove(key)
    assert.deepEqual(await inside(), { uploads: [], objects: [] })
  })

  test('leaves no parts of a dropped blob, and removes those of a process that died', async (t) => {
    const { blobs, inside } = createFixture(t, await startS3Server(t))
    const begin = async (key: string) => {
      const writer = await blobs.begin(key, undefined)
      for (let n = 0; n < 6; n++) await writer.write(randomBytes(MEBIBYTE))
      return writer
    }
    const dropped = await begin('dropped')
    await begin('left')
    assert.equal((await inside()).uploads.length, 2)
    await dropped.drop()
    assert.deepEqual((await inside()).uploads, ['a prefix/left'])
    await blobs.remove('lef')
    assert.equal((await inside()).uploads.length, 1)
    await blobs.remove('left')
    assert.deepEqual(await inside(), { uploads: [], objects: [] })
  })

  test('reports a wrong key, an unknown bucket and a service that does not respond', async (t) => {
    const server = await startS3Server(t)
    for (const [more, reason] of [
      [{ secretKey: 'wrong' }, /bucket media of media\.s3_endpoint cannot be used: HEAD: 403/],
      [{ bucket: 'unknown' }, /bucket unknown of media\.s3_endpoint cannot be used: HEAD: 404/],
    ] as const)
      await assert.rejects(createFixture(t, server, more).blobs.check(), (error: Error) => {
        assert.match(error.message, reason)
        assert.ok(!error.message.includes('wrong'))
        return true
      })
    const { blobs } = createFixture(t, server)
    const writer = await blobs.begin('key', undefined)
    await writer.write(Buffer.from('x'))
    await server.stop()
    await assert.rejects(writer.keep(), { status: 503, errcode: 'ORG.BELFRY.STORAGE_UNAVAILABLE' })
    await server.restart()
    await writer.drop()
    const again = await blobs.begin('again', 1)
    await again.write(Buffer.from('x'))
    await again.keep()
    assert.equal(await blobs.size('again'), 1)
  })
})

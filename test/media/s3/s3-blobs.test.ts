import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { systemClock } from '../../../src/lib/clock.ts'
import { createS3Client } from '../../../src/media/s3/client.ts'
import { createS3Blobs, type S3BlobsOptions } from '../../../src/media/s3/s3-blobs.ts'
import { afterTest } from '../../support/after-test.ts'
import { ACCESS_KEY, noS3, type S3Server, SECRET_KEY, startS3Server } from '../../support/s3-server.ts'

const MEBIBYTE = 1_048_576

function createFixture(t: TestContext, { url, bucket }: S3Server, more: Partial<S3BlobsOptions> = {}) {
  const options: S3BlobsOptions = {
    endpoint: url,
    bucket,
    prefix: 'a prefix/',
    region: 'us-east-1',
    accessKey: ACCESS_KEY,
    secretKey: SECRET_KEY,
    pathStyle: true,
    uploadBuffers: 4,
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

/** A proxy that loses the first response to the request that joins parts. */
async function startLossyProxy(t: TestContext, target: string) {
  let lost = 0
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    const forwarded = request(target + url, { method, headers }, (response) => {
      if (method === 'POST' && url.includes('uploadId=') && lost++ === 0) {
        response.resume().on('end', () => outgoing.destroy())
        return
      }
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(outgoing)
    })
    incoming.pipe(forwarded)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  afterTest(t, () => void proxy.close())
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, lost: () => Math.min(lost, 1) }
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

  test('serves other requests while many clients read slowly', async (t) => {
    const { blobs } = createFixture(t, await startS3Server(t))
    const bytes = randomBytes(MEBIBYTE)
    const writer = await blobs.begin('large', bytes.length)
    await writer.write(bytes)
    await writer.keep()
    const readers = Array.from({ length: 100 }, () =>
      blobs.read('large', { start: 0, end: bytes.length })[Symbol.asyncIterator](),
    )
    await Promise.all(readers.map((reader) => reader.next()))
    assert.equal(await blobs.size('large'), bytes.length)
    const other = await blobs.begin('other', 1)
    await other.write(Buffer.from('x'))
    await other.keep()
    assert.equal(String(await buffer(blobs.read('other', { start: 0, end: 1 }))), 'x')
  })

  test('holds a limited number of parts in memory, and refuses a slow upload while others wait', async (t) => {
    let now = 0
    const clock = { ...systemClock, now: () => now || Date.now(), sleep: async () => undefined }
    const { blobs } = createFixture(t, await startS3Server(t), { uploadBuffers: 1, clock })
    const large = randomBytes(MEBIBYTE)
    const first = await blobs.begin('first', undefined)
    await first.write(large)
    const second = await blobs.begin('second', undefined)
    let isAccepted = false
    const waiting = second.write(large).then(() => (isAccepted = true))
    // A small file does not wait.
    const small = await blobs.begin('small', undefined)
    await small.write(Buffer.from('x'))
    await small.keep()
    assert.equal(isAccepted, false)
    await first.keep()
    await waiting
    const third = await blobs.begin('third', undefined)
    const waitsAgain = third.write(large)
    now = Date.now() + 600_001
    await assert.rejects(second.write(large), { status: 408 })
    now = 0
    await second.drop()
    await waitsAgain
    await third.keep()
    assert.equal(await blobs.size('third'), MEBIBYTE)
  })

  test('stores a large blob when the response to its last request is lost', async (t) => {
    const s3 = await startS3Server(t)
    const { url, lost } = await startLossyProxy(t, s3.url)
    const { blobs, inside } = createFixture(t, { ...s3, url })
    const bytes = randomBytes(6 * MEBIBYTE)
    const writer = await blobs.begin('large', undefined)
    for (let at = 0; at < bytes.length; at += MEBIBYTE) await writer.write(bytes.subarray(at, at + MEBIBYTE))
    await writer.keep()
    assert.equal(lost(), 1)
    assert.ok((await buffer(blobs.read('large', { start: 0, end: bytes.length }))).equals(bytes))
    assert.deepEqual((await inside()).uploads, [])
  })

  test('distinguishes a lost blob from a missing bucket', async (t) => {
    const server = await startS3Server(t)
    const { blobs } = createFixture(t, server)
    const read = (from: typeof blobs) => buffer(from.read('unknown', { start: 0, end: 1 }))
    await assert.rejects(read(blobs), { name: 'LostBlobError', status: 404 })
    const { blobs: elsewhere } = createFixture(t, server, { bucket: 'unknown' })
    const unavailable = { status: 503, errcode: 'ORG.BELFRY.STORAGE_UNAVAILABLE' }
    await assert.rejects(read(elsewhere), unavailable)
    await assert.rejects(elsewhere.size('unknown'), unavailable)
    await assert.rejects(elsewhere.remove('unknown'), unavailable)
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

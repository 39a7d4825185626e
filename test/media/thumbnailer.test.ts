import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/lib/clock.ts'
import { createThumbnailer, type Thumbnailed, type ThumbnailerOptions } from '../../src/media/thumbnailer.ts'
import { sniff } from '../../src/media/sniff.ts'
import { thumbnailSizeFor } from '../../src/media/thumbnail-size.ts'
import { afterTest } from '../support/after-test.ts'
import { silentLog } from '../support/log.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function createFixture(t: TestContext, more: Partial<ThumbnailerOptions> = {}) {
  const thumbnailer = createThumbnailer({
    clock: systemClock,
    log: silentLog,
    processes: 1,
    timeoutMs: 20_000,
    worker: path('slow-thumbnail-worker.ts'),
    ...more,
  })
  afterTest(t, () => thumbnailer[Symbol.asyncDispose]())
  return (width: number, source = 'alice', readImage = () => Promise.resolve(Buffer.alloc(1))) =>
    thumbnailer.make(
      {
        width,
        height: 10,
        method: 'scale',
        readImage,
        format: 'png',
        animated: false,
        maxPixels: 1,
      },
      source,
    )
}

function answerOf(result: Thumbnailed): { pid: number; env: string[] } {
  assert.equal(result.kind, 'made')
  return JSON.parse(Buffer.from((result as { image: Uint8Array }).image).toString()) as never
}

describe('a thumbnailer', () => {
  test('reads an image only when a process is free for it, and none of a refused job', async (t) => {
    const make = createFixture(t, { maxWaiting: 16 })
    const first = Promise.withResolvers<Buffer<ArrayBuffer>>()
    const held = make(10, 'alice', () => first.promise)
    let read = 0
    const others = Array.from({ length: 20 }, () =>
      make(10, 'alice', () => {
        read++
        return Promise.resolve(Buffer.alloc(1))
      }),
    )
    const settled = Promise.allSettled(others)
    // The refused jobs fail while the first one is in its turn.
    await assert.rejects(Promise.all(others), { errcode: 'M_LIMIT_EXCEEDED' })
    assert.equal(read, 0)
    first.resolve(Buffer.alloc(1))
    await held
    const made = (await settled).filter(({ status }) => status === 'fulfilled').length
    assert.equal(read, made)
  })

  test('makes the thumbnails of 200 images that one user requests at the same time', async (t) => {
    const make = createFixture(t)
    const results = await Promise.all(Array.from({ length: 200 }, () => make(10)))
    assert.ok(results.every(({ kind }) => kind === 'made'))
  })

  test('uses one process again, without the environment of the server', async (t) => {
    const make = createFixture(t)
    const first = answerOf(await make(10))
    assert.notEqual(first.pid, process.pid)
    assert.deepEqual(
      first.env.filter((name) => name !== 'NODE_CHANNEL_FD' && name !== 'NODE_CHANNEL_SERIALIZATION_MODE'),
      [],
    )
    assert.equal(answerOf(await make(10)).pid, first.pid)
  })

  test('ends a process that is late, and one that dies is replaced', async (t) => {
    const make = createFixture(t, { timeoutMs: 2000 })
    const first = answerOf(await make(10))
    assert.deepEqual(await make(2), { kind: 'late' })
    const second = answerOf(await make(10))
    assert.notEqual(second.pid, first.pid)
    assert.deepEqual(await make(1), { kind: 'late' })
    assert.notEqual(answerOf(await make(10)).pid, second.pid)
    assert.throws(() => process.kill(second.pid, 0), { code: 'ESRCH' })
  })

  test('reports a missing library, and refuses work beyond its queue', async (t) => {
    const missing = createFixture(t, { worker: path('no-such-worker.ts') })
    assert.deepEqual(await missing(10), { kind: 'unavailable' })
    assert.deepEqual(await missing(10), { kind: 'unavailable' })
    const make = createFixture(t, { maxWaiting: 16 })
    const results = await Promise.allSettled(Array.from({ length: 18 }, () => make(10)))
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1)
  })
})

test('the format of an image is judged by its bytes', () => {
  const of = (hex: string) => sniff(Buffer.from(hex, 'hex'))
  assert.deepEqual(of('ffd8ffe000104a464946'), { format: 'jpeg', isAnimated: false })
  assert.deepEqual(of('89504e470d0a1a0a0000000d49484452'), { format: 'png', isAnimated: false })
  assert.deepEqual(of('89504e470d0a1a0a000000086163544c'), { format: 'png', isAnimated: true })
  assert.deepEqual(sniff(Buffer.from('GIF89a..')), { format: 'gif', isAnimated: true })
  assert.deepEqual(sniff(Buffer.from('RIFF\0\n\0\0WEBPVP8 ')), { format: 'webp', isAnimated: true })
  for (const text of ['', 'GIF', '<svg', '%PDF-1.7', 'II*\0', 'RIFF....AVI LIST', '\0\0\0 ftypavif'])
    assert.equal(sniff(Buffer.from(text)), undefined, text)
})

test('the size of a thumbnail is the smallest of the list that is at least as large as requested', () => {
  const size = (width: number, height: number, method: 'crop' | 'scale') => {
    const { width: w, height: h, method: m } = thumbnailSizeFor({ width, height, method })
    return `${w} ${h} ${m}`
  }
  assert.equal(size(1, 1, 'crop'), '32 32 crop')
  assert.equal(size(97, 97, 'crop'), '240 240 crop')
  assert.equal(size(97, 96, 'crop'), '320 240 scale')
  assert.equal(size(320, 240, 'scale'), '320 240 scale')
  assert.equal(size(320, 241, 'scale'), '640 480 scale')
  assert.equal(size(1601, 1, 'scale'), '0 0 scale')
  assert.equal(size(961, 961, 'crop'), '0 0 scale')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFreeSpace } from '../../src/media/free-space.ts'

const MEBIBYTE = 1_048_576
const full = { status: 503, errcode: 'ORG.BELFRY.STORAGE_FULL' }

test('uploads at the same time share the free space, with and without a declared size', async () => {
  let free = 10 * MEBIBYTE
  const space = createFreeSpace(() => Promise.resolve(free))
  const declared = await space.share(6 * MEBIBYTE)
  await assert.rejects(space.share(6 * MEBIBYTE), full)
  const chunked = await Promise.all([space.share(undefined), space.share(undefined)])
  const results = await Promise.allSettled(chunked.map((share) => share.grow(3 * MEBIBYTE)))
  assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  for (const share of chunked) share.end()
  free -= 2 * MEBIBYTE
  declared.written(2 * MEBIBYTE)
  await declared.grow(4 * MEBIBYTE)
  const other = await space.share(4 * MEBIBYTE)
  await assert.rejects(space.share(1), full)
  other.end()
  declared.end()
  await space.share(8 * MEBIBYTE)
})

test('an upload of unknown size may use the last free bytes', async () => {
  const space = createFreeSpace(() => Promise.resolve(1000))
  const share = await space.share(undefined)
  await share.grow(1000)
  await assert.rejects(share.grow(1001), full)
  share.end()
})

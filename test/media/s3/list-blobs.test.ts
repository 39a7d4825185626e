import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../../../src/lib/clock.ts'
import { createS3Blobs } from '../../../src/media/s3/s3-blobs.ts'
import { afterTest } from '../../support/after-test.ts'

test('lists the keys of all pages of a bucket, without the prefix', async (t) => {
  const pages: Record<string, string> = {
    '': '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b=</NextContinuationToken><Contents><Key>media/one</Key></Contents>',
    'a&b=': '<IsTruncated>false</IsTruncated><Contents><Key>media/two</Key></Contents>',
  }
  const asked: (string | null)[] = []
  const service = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost')
    asked.push(searchParams.get('prefix'))
    const page = pages[searchParams.get('continuation-token') ?? ''] ?? '<Error/>'
    response.end(`<ListBucketResult>${page}</ListBucketResult>`)
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  afterTest(t, () => void service.close())
  await using blobs = createS3Blobs({
    endpoint: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    bucket: 'bucket',
    prefix: 'media/',
    region: 'us-east-1',
    accessKey: 'key',
    secretKey: 'secret',
    pathStyle: true,
    uploadBuffers: 1,
    clock: systemClock,
  })
  const keys: string[] = []
  for await (const key of blobs.list()) keys.push(key)
  assert.deepEqual(keys, ['one', 'two'])
  assert.deepEqual(asked, ['media/', 'media/'])
})

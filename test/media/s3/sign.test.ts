import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signed } from '../../../src/media/s3/sign.ts'

// The examples of the Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
const credentials = {
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
}
const base = { body: [], now: Date.UTC(2013, 4, 24), query: {} }
const host = 'examplebucket.s3.amazonaws.com'
const signatureOf = (headers: Record<string, string>) => headers['authorization']?.split('Signature=')[1]

test('a request has the signature of the examples of Amazon', () => {
  const object = signed(
    { ...base, method: 'GET', path: '/test.txt', headers: { host, range: 'bytes=0-9' } },
    credentials,
  )
  assert.equal(
    object['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  )
  const list = signed(
    { ...base, method: 'GET', path: '/', query: { 'max-keys': '2', prefix: 'J' }, headers: { host } },
    credentials,
  )
  assert.equal(signatureOf(list), '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')
  const lifecycle = signed(
    { ...base, method: 'GET', path: '/', query: { lifecycle: '' }, headers: { host } },
    credentials,
  )
  assert.equal(signatureOf(lifecycle), 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543')
})

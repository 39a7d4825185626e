import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { call, registerUser } from '../support/client.ts'
import { fetchMedia, filesIn, tryUpload, upload } from '../support/media.ts'
import { startTestServer } from '../support/server.ts'

const PNG = 'image/png'

describe('a file', () => {
  test('is uploaded by one user, and downloaded by another one with its type and name', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const bytes = randomBytes(300_000)
    const at = await upload(server.url, alice, { body: bytes, type: PNG, filename: 'photo.png' })
    assert.match(at, /^localhost\/[A-Za-z0-9_-]{24}$/)

    const response = await fetchMedia(server.url, bob, `download/${at}`)
    assert.equal(response.status, 200)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes)
    const headers = Object.fromEntries(response.headers)
    assert.equal(headers['content-type'], PNG)
    assert.equal(headers['content-length'], '300000')
    assert.equal(headers['content-disposition'], 'inline; filename="photo.png"')
    assert.match(headers['content-security-policy'] ?? '', /^sandbox; default-src 'none'; script-src 'none';/)
    assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.equal(headers['cache-control'], 'private, max-age=31536000, immutable')

    const renamed = await fetchMedia(server.url, bob, `download/${at}/${encodeURIComponent('Türm (1).png')}`)
    assert.equal(
      renamed.headers.get('content-disposition'),
      `inline; filename*=utf-8''T%C3%BCrm%20%281%29.png`,
    )
    assert.equal((await renamed.arrayBuffer()).byteLength, 300_000)
    for (const path of [
      '/_matrix/client/v1/media/config',
      '/_matrix/media/v3/config',
      '/_matrix/media/r0/config',
    ])
      assert.deepEqual((await call(server.url + path, { token: alice.token })).body, {
        'm.upload.size': 104_857_600,
      })
  })

  test('is served in ranges, and not again to a client that has it', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const bytes = randomBytes(200_000)
    const at = await upload(server.url, alice, { body: bytes, type: 'video/mp4' })
    const etag = (await fetchMedia(server.url, alice, `download/${at}`)).headers.get('etag') ?? ''
    const part = async (range: string, more = {}) => {
      const response = await fetchMedia(server.url, alice, `download/${at}`, { range, ...more })
      const { status, headers } = response
      return { status, range: headers.get('content-range'), body: Buffer.from(await response.arrayBuffer()) }
    }
    const middle = await part('bytes=1000-150999')
    assert.deepEqual([middle.status, middle.range], [206, 'bytes 1000-150999/200000'])
    assert.ok(middle.body.equals(bytes.subarray(1000, 151_000)))
    assert.ok((await part('bytes=-10')).body.equals(bytes.subarray(-10)))
    assert.equal((await part('bytes=0-9', { 'if-range': etag })).status, 206)
    assert.equal((await part('bytes=0-9', { 'if-range': '"other"' })).status, 200)
    const beyond = await part('bytes=200000-')
    assert.deepEqual([beyond.status, beyond.range], [416, 'bytes */200000'])
    const known = await fetchMedia(server.url, alice, `download/${at}`, { 'if-none-match': etag })
    assert.equal(known.status, 304)
    const head = await fetch(`${server.url}/_matrix/client/v1/media/download/${at}`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${alice.token}` },
    })
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, '200000'])
  })

  test('that can contain scripts is an attachment, whatever its name is', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    for (const [type, expected] of [
      ['text/html', 'attachment; filename="a.png"'],
      ['image/svg+xml', 'attachment; filename="a.png"'],
      ['application/pdf', 'attachment; filename="a.png"'],
      ['TEXT/PLAIN; charset=utf-8', 'inline; filename="a.png"'],
    ] as const) {
      const at = await upload(server.url, alice, { body: '<script>', type, filename: 'a.png' })
      const { headers } = await fetchMedia(server.url, alice, `download/${at}`)
      assert.deepEqual([headers.get('content-type'), headers.get('content-disposition')], [type, expected])
    }
    const at = await upload(server.url, alice, { body: 'x', type: 'no type at all' })
    const { headers } = await fetchMedia(server.url, alice, `download/${at}`)
    assert.equal(headers.get('content-type'), 'application/octet-stream')
    assert.equal(headers.get('content-disposition'), 'attachment')
  })

  test('may be empty', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, { body: '', type: 'text/plain' })
    const response = await fetchMedia(server.url, alice, `download/${at}`)
    assert.deepEqual([response.status, await response.text()], [200, ''])
  })

  test('with the same content is stored once', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const one = await upload(server.url, alice, { body: 'the same', type: 'text/plain' })
    const other = await upload(server.url, bob, { body: 'the same', type: 'text/csv' })
    assert.notEqual(one, other)
    assert.equal(filesIn(join(server.data, 'media')).length, 1)
    const response = await fetchMedia(server.url, alice, `download/${other}`)
    assert.deepEqual([response.headers.get('content-type'), await response.text()], ['text/csv', 'the same'])
  })
})

describe('an upload', () => {
  test('above the size limit is refused with 413, with a declared size and without one', async (t) => {
    const server = await startTestServer(t, { env: { BELFRY_MEDIA_MAX_UPLOAD_BYTES: '100000' } })
    const alice = await registerUser(server.url, 'alice')
    const large = randomBytes(100_001)
    async function* pieces() {
      for (let at = 0; at < large.length; at += 10_000) yield large.subarray(at, at + 10_000)
    }
    for (const body of [large, pieces()]) {
      const refused = await tryUpload(server.url, alice, { body })
      assert.deepEqual([refused.status, refused.body['errcode']], [413, 'M_TOO_LARGE'])
    }
    assert.deepEqual(filesIn(join(server.data, 'media')), [])
    await upload(server.url, alice, { body: large.subarray(1) })
  })

  test('above a quota of its user is refused with 403, and leaves nothing', async (t) => {
    const server = await startTestServer(t, {
      env: { BELFRY_QUOTAS_MEDIA_BYTES: '10000', BELFRY_QUOTAS_MEDIA_FILES: '3' },
    })
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await upload(server.url, alice, { body: randomBytes(6000) })
    async function* pieces() {
      yield randomBytes(5000)
    }
    for (const body of [randomBytes(5000), pieces()]) {
      const refused = await tryUpload(server.url, alice, { body })
      assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_FORBIDDEN'])
      assert.equal(refused.body['org.belfry.quota'], 'quotas.media_bytes')
    }
    assert.equal(filesIn(join(server.data, 'media')).length, 1)
    await upload(server.url, bob, { body: randomBytes(5000) })
    await upload(server.url, alice, { body: 'a' })
    await upload(server.url, alice, { body: 'b' })
    const refused = await tryUpload(server.url, alice, { body: 'c' })
    assert.deepEqual([refused.status, refused.body['org.belfry.quota']], [403, 'quotas.media_files'])
  })

  test('with a malformed request is refused, and so are downloads of unknown media', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const long = await tryUpload(server.url, alice, { body: 'x', filename: 'x'.repeat(256) })
    assert.deepEqual([long.status, long.body['errcode']], [400, 'M_INVALID_PARAM'])
    const at = await upload(server.url, alice, { body: 'x' })
    for (const [path, status, errcode] of [
      ['download/localhost/unknown', 404, 'M_NOT_FOUND'],
      ['download/example.org/unknown', 404, 'M_NOT_FOUND'],
      ['download/localhost/..%2F..%2Fbelfry.db', 404, 'M_NOT_FOUND'],
      [`download/${at}?timeout_ms=-1`, 400, 'M_INVALID_PARAM'],
      [`download/${at}?timeout_ms=soon`, 400, 'M_INVALID_PARAM'],
      ['preview_url?url=https://example.org', 404, 'M_UNRECOGNIZED'],
    ] as const) {
      const response = await fetchMedia(server.url, alice, path)
      assert.deepEqual(
        [response.status, ((await response.json()) as { errcode: string }).errcode],
        [status, errcode],
        path,
      )
    }
    assert.equal((await fetchMedia(server.url, undefined, `download/${at}`)).status, 401)
  })
})

test('the deprecated paths without authentication serve media only with media.unauthenticated_downloads', async (t) => {
  for (const isOn of [false, true]) {
    const env = { BELFRY_MEDIA_UNAUTHENTICATED_DOWNLOADS: String(isOn) }
    const server = await startTestServer(t, { env })
    const alice = await registerUser(server.url, 'alice')
    const at = await upload(server.url, alice, { body: 'open', type: 'text/plain' })
    for (const path of [
      `v3/download/${at}`,
      `r0/download/${at}/name.txt?allow_remote=false&allow_redirect=true`,
    ]) {
      const response = await fetchMedia(server.url, undefined, `/_matrix/media/${path}`)
      assert.equal(response.status, isOn ? 200 : 404, path)
      assert.match(await response.text(), isOn ? /^open$/ : /M_NOT_FOUND.*authentication only/)
    }
  }
})

describe('an mxc:// URI', () => {
  test('is created first; a download waits until its content is uploaded', async (t) => {
    const server = await startTestServer(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const { body } = await call(`${server.url}/_matrix/media/v1/create`, {
      method: 'POST',
      token: alice.token,
    })
    const at = String(body['content_uri']).slice('mxc://'.length)
    assert.ok(Number(body['unused_expires_at']) > Date.now() + 23 * 3_600_000)
    const path = `/_matrix/media/v3/upload/${at}`

    const early = await fetchMedia(server.url, bob, `download/${at}?timeout_ms=10`)
    assert.deepEqual(
      [early.status, ((await early.json()) as { errcode: string }).errcode],
      [504, 'M_NOT_YET_UPLOADED'],
    )
    const waiting = fetchMedia(server.url, bob, `download/${at}`)
    const foreign = await tryUpload(server.url, bob, { method: 'PUT', path, body: 'bob' })
    assert.deepEqual([foreign.status, foreign.body['errcode']], [403, 'M_FORBIDDEN'])
    const filled = await tryUpload(server.url, alice, {
      method: 'PUT',
      path,
      body: 'late',
      type: 'text/plain',
    })
    assert.deepEqual([filled.status, filled.body], [200, {}])
    assert.equal(await (await waiting).text(), 'late')

    const again = await tryUpload(server.url, alice, { method: 'PUT', path, body: 'again' })
    assert.deepEqual([again.status, again.body['errcode']], [409, 'M_CANNOT_OVERWRITE_MEDIA'])
    const unknown = await tryUpload(server.url, alice, { method: 'PUT', path: `${path}x`, body: 'x' })
    assert.deepEqual([unknown.status, unknown.body['errcode']], [404, 'M_NOT_FOUND'])
    assert.equal(filesIn(join(server.data, 'media')).length, 1)
  })

  test('cannot be created while too many of its user wait', async (t) => {
    const server = await startTestServer(t, { env: { BELFRY_QUOTAS_MEDIA_PENDING: '1' } })
    const alice = await registerUser(server.url, 'alice')
    const create = () => call(`${server.url}/_matrix/media/v1/create`, { method: 'POST', token: alice.token })
    const { body } = await create()
    const refused = await create()
    assert.deepEqual([refused.status, refused.body['errcode']], [429, 'M_LIMIT_EXCEEDED'])
    const at = String(body['content_uri']).slice('mxc://'.length)
    await tryUpload(server.url, alice, { method: 'PUT', path: `/_matrix/media/v3/upload/${at}`, body: 'x' })
    assert.equal((await create()).status, 200)
  })
})

test('the media of an erased account are removed, unless another user uploaded the same', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const shared = await upload(server.url, bob, { body: 'shared' })
  const own = [
    await upload(server.url, alice, { body: 'shared' }),
    await upload(server.url, alice, { body: 'own' }),
  ]
  const { body } = await alice.try('POST', '/account/deactivate', { erase: true })
  const auth = {
    type: 'm.login.password',
    session: body['session'],
    identifier: { type: 'm.id.user', user: alice.userId },
    password: 'a perfectly fine password',
  }
  await alice.post('/account/deactivate', { erase: true, auth })
  for (const at of own) assert.equal((await fetchMedia(server.url, bob, `download/${at}`)).status, 404)
  assert.equal(await (await fetchMedia(server.url, bob, `download/${shared}`)).text(), 'shared')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/lib/json.ts'
import { onEachDatabase } from '../support/databases.ts'
import { quotas } from '../support/quotas.ts'
import { accountServer, registered } from './account-server.ts'

const ROOM = '/user/@alice:localhost/rooms/!r:localhost'

onEachDatabase('tags of a room', (open) => {
  test('are set, changed and removed one by one, and are the account data m.tag', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const ask = (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: Json) =>
      call(method, `${ROOM}/${path}`, { token, ...(body !== undefined && { body }) })
    assert.deepEqual(await ask('GET', 'tags'), { status: 200, body: { tags: {} } })
    for (const [tag, body] of [
      ['m.favourite', { order: 0.25 }],
      ['u.work', {}],
      ['u.work', { order: 1, 'org.example.x': true }],
      [encodeURIComponent('u.très/long'), { order: 0 }],
    ] as const)
      assert.deepEqual(await ask('PUT', `tags/${tag}`, body), { status: 200, body: {} })
    const tags = {
      'm.favourite': { order: 0.25 },
      'u.work': { order: 1, 'org.example.x': true },
      'u.très/long': { order: 0 },
    }
    assert.deepEqual((await ask('GET', 'tags')).body, { tags })
    assert.deepEqual((await ask('GET', 'account_data/m.tag')).body, { tags })
    for (const tag of ['u.work', 'u.work', 'constructor'])
      assert.deepEqual(await ask('DELETE', `tags/${tag}`), { status: 200, body: {} })
    const { 'u.work': _removed, ...left } = tags
    assert.deepEqual((await ask('GET', 'tags')).body, { tags: left })
    const other = await call('GET', '/user/@alice:localhost/rooms/!other:localhost/tags', { token })
    assert.deepEqual(other.body, { tags: {} })
  })

  test('are empty when a client has stored m.tag without valid tags, and can be set again', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    for (const odd of [{}, { tags: null }, { tags: ['u.a'] }, { tags: 'u.a' }]) {
      await call('PUT', `${ROOM}/account_data/m.tag`, { token, body: odd as never })
      assert.deepEqual((await call('GET', `${ROOM}/tags`, { token })).body, { tags: {} })
    }
    await call('PUT', `${ROOM}/tags/u.a`, { token, body: {} })
    assert.deepEqual((await call('GET', `${ROOM}/account_data/m.tag`, { token })).body, {
      tags: { 'u.a': {} },
    })
  })

  test('of another user, with an invalid name, order or size, and above the quota are refused', async (t) => {
    const { call } = accountServer(t, await open(t), { quotas: { ...quotas, account_data_entries: 1 } })
    const token = await registered(call, 'alice')
    const put = async (path: string, body: Json) => {
      const response = await call('PUT', path, { token, body })
      return [response.status, response.body['errcode']]
    }
    for (const [path, body, expected] of [
      ['/user/@bob:localhost/rooms/!r:localhost/tags/u.a', {}, [403, 'M_FORBIDDEN']],
      ['/user/@alice:localhost/rooms/r/tags/u.a', {}, [400, 'M_INVALID_PARAM']],
      [`${ROOM}/tags/${'x'.repeat(256)}`, {}, [400, 'M_INVALID_PARAM']],
      [`${ROOM}/tags/u.a`, { order: 1.5 }, [400, 'M_INVALID_PARAM']],
      [`${ROOM}/tags/u.a`, { order: '0.5' }, [400, 'M_INVALID_PARAM']],
      [`${ROOM}/tags/u.a`, [], [400, 'M_BAD_JSON']],
      [`${ROOM}/tags/u.a`, { x: 'x'.repeat(40_000) }, [200, undefined]],
      [`${ROOM}/tags/u.b`, { x: 'x'.repeat(40_000) }, [413, 'M_TOO_LARGE']],
      ['/user/@alice:localhost/rooms/!s:localhost/tags/u.a', {}, [403, 'M_FORBIDDEN']],
    ] as const)
      assert.deepEqual(await put(path, body as never), expected, path.slice(0, 60))
    const ofBob = '/user/@bob:localhost/rooms/!r:localhost/tags'
    assert.equal((await call('GET', ofBob, { token })).status, 403)
    assert.equal((await call('DELETE', `${ofBob}/u.a`, { token })).status, 403)
  })
})

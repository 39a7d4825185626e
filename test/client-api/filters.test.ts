import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered, text } from './account-server.ts'

const PATH = '/user/@alice:localhost/filter'

onEachDatabase('filters', (open) => {
  test('a filter comes back as it was given, under the same id each time', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const body = {
      room: { timeline: { limit: 5, unread_thread_notifications: true }, rooms: [] },
      presence: { types: [] },
      'org.example.unknown': 1,
    }
    const stored = await call('POST', PATH, { token, body })
    assert.equal(stored.status, 200)
    const id = text(stored.body['filter_id'])
    assert.match(id, /^[A-Za-z0-9_-]{16}$/)
    assert.deepEqual(await call('GET', `${PATH}/${id}`, { token }), { status: 200, body })
    assert.equal((await call('POST', PATH, { token, body })).body['filter_id'], id)
    assert.notEqual((await call('POST', PATH, { token, body: {} })).body['filter_id'], id)
    const bob = await registered(call, 'bob')
    assert.equal((await call('GET', `/user/@bob:localhost/filter/${id}`, { token: bob })).status, 404)
  })

  test('what is refused, and how', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    for (const body of [
      [],
      { room: 7 },
      { room: { timeline: { limit: 'many' } } },
      { account_data: { types: 'm.x' } },
      { room: { rooms: [7] } },
    ]) {
      const answer = await call('POST', PATH, { token, body: body as never })
      assert.deepEqual([answer.status, answer.body['errcode']], [400, 'M_BAD_JSON'], JSON.stringify(body))
    }
    assert.equal((await call('POST', '/user/@bob:localhost/filter', { token, body: {} })).status, 403)
    assert.equal((await call('GET', '/user/@bob:localhost/filter/x', { token })).status, 403)
    const unknown = await call('GET', `${PATH}/nonsense`, { token })
    assert.deepEqual([unknown.status, unknown.body['errcode']], [404, 'M_NOT_FOUND'])
  })
})

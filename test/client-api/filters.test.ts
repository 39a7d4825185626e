import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered, text } from './account-server.ts'

const PATH = '/user/@alice:localhost/filter'

onEachDatabase('filters', (open) => {
  test('GET returns the stored filter unchanged, and the same filter gets the same id', async (t) => {
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

  test('a filter with every key of the specification is accepted', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const events = { limit: 10, senders: ['@a:b'], not_senders: ['@c:d'], types: ['m.*'], not_types: ['x'] }
    const roomEvents = {
      ...events,
      rooms: ['!a'],
      not_rooms: ['!b:c'],
      contains_url: true,
      lazy_load_members: true,
      include_redundant_members: true,
      unread_thread_notifications: true,
    }
    const { timeline, state, ephemeral } = { timeline: roomEvents, state: roomEvents, ephemeral: roomEvents }
    const body = {
      event_fields: ['type', 'content'],
      event_format: 'federation',
      presence: events,
      account_data: events,
      room: {
        rooms: ['!a:b'],
        not_rooms: [],
        include_leave: true,
        timeline,
        state,
        ephemeral,
        account_data: roomEvents,
      },
    }
    assert.equal((await call('POST', PATH, { token, body })).status, 200)
  })

  test('a malformed filter returns 400, a filter of another user 403, and an unknown id 404', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    for (const body of [
      [],
      { room: 7 },
      { room: { timeline: { limit: 'many' } } },
      { account_data: { types: 'm.x' } },
      { room: { rooms: [7] } },
      { presence: 'none' },
      { presence: { senders: 'none' } },
      { event_format: 'raw' },
      { event_format: 1 },
      { event_fields: 'type' },
      { room: { rooms: ['club'] } },
      { room: { not_rooms: ['#club:localhost'] } },
      { room: { include_leave: 'yes' } },
      { room: { ephemeral: { not_rooms: ['club'] } } },
      { room: { state: { rooms: 'club' } } },
      { room: { timeline: { senders: ['alice'] } } },
      { room: { account_data: { not_senders: ['@alice'] } } },
      { room: { timeline: { include_redundant_members: 'yes' } } },
      { room: { timeline: { limit: 1.5 } } },
      { room: { timeline: { limit: -1 } } },
      { account_data: { not_types: [7] } },
    ]) {
      const response = await call('POST', PATH, { token, body: body as never })
      assert.deepEqual([response.status, response.body['errcode']], [400, 'M_BAD_JSON'], JSON.stringify(body))
    }
    assert.equal((await call('POST', '/user/@bob:localhost/filter', { token, body: {} })).status, 403)
    assert.equal((await call('GET', '/user/@bob:localhost/filter/x', { token })).status, 403)
    const unknown = await call('GET', `${PATH}/nonsense`, { token })
    assert.deepEqual([unknown.status, unknown.body['errcode']], [404, 'M_NOT_FOUND'])
  })
})

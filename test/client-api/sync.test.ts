import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { storeFilter } from '../../src/accounts/filters.ts'
import { user } from '../rooms/sync-fixture.ts'
import { escaped, serveFixture } from './reading-server.ts'

const alice = user('alice')
const bob = user('bob')

describe('GET /sync', () => {
  test('returns every section of the response under all prefixes', async (t) => {
    const { call } = await serveFixture(t, ['alice'])
    for (const prefix of ['api/v1', 'r0', 'v3']) {
      const { status, body } = await call(
        'GET',
        `/_matrix/client/${prefix}/sync?set_presence=offline&timeout=0`,
      )
      assert.equal(status, 200)
      assert.match(body.next_batch, /^s/)
      assert.deepEqual(body.rooms, { join: {}, invite: {}, knock: {}, leave: {} })
      for (const section of ['presence', 'to_device', 'account_data'])
        assert.ok(Array.isArray(body[section].events))
      assert.deepEqual(body.device_one_time_keys_count, {})
    }
  })

  test('accepts a filter inline or by id', async (t) => {
    const fixture = await serveFixture(t, ['alice'])
    const roomId = await fixture.create(alice)
    const filter = { room: { timeline: { limit: 1 } } }
    const id = await storeFilter(fixture.rooms, alice, filter)
    for (const value of [id, JSON.stringify(filter)]) {
      const { body } = await fixture.call('GET', `/sync?filter=${escaped(value)}`)
      assert.equal(body.rooms.join[roomId].timeline.events.length, 1)
    }
    assert.equal((await fixture.call('GET', '/sync?filter=unknown')).status, 404)
  })

  const stateKeys: [string, string][] = [
    ['use_state_after=true', 'state_after'],
    ['org.matrix.msc4222.use_state_after=true', 'org.matrix.msc4222.state_after'],
    ['org.matrix.msc4222.use_state_after=true&use_state_after=true', 'state_after'],
    ['use_state_after=false', 'state'],
    ['', 'state'],
  ]
  for (const [query, key] of stateKeys)
    test(`returns the state as ${key} for '${query}', in joined and left rooms`, async (t) => {
      const { call, create, join, leave } = await serveFixture(t, ['alice', 'bob'])
      const joined = await create(bob)
      const left = await create(bob)
      await join(joined, alice)
      const { body: first } = await call('GET', `/sync?${query}`)
      await join(left, alice)
      await leave(left, alice)
      const { body } = await call('GET', `/sync?since=${first.next_batch}&${query}`)
      for (const room of [first.rooms.join[joined], body.rooms.leave[left]])
        assert.deepEqual(
          Object.keys(room).filter((name) => name.includes('state')),
          [key],
        )
    })

  const refused: [string, string][] = [
    ['since=garbage', 'M_INVALID_PARAM'],
    ['since=s-1', 'M_INVALID_PARAM'],
    [`filter=${escaped('{')}`, 'M_NOT_JSON'],
    [`filter=${escaped('{"room":1}')}`, 'M_BAD_JSON'],
  ]
  for (const [query, errcode] of refused)
    test(`returns 400 for ${query}`, async (t) => {
      const { call } = await serveFixture(t, ['alice'])
      const { status, body } = await call('GET', `/sync?${query}`)
      assert.deepEqual([status, body.errcode], [400, errcode])
    })

  for (const query of ['timeout=soon', 'timeout=-1', 'full_state=maybe', 'use_state_after=maybe'])
    test(`returns 400 for ${query}`, async (t) => {
      const { call } = await serveFixture(t, ['alice'])
      assert.equal((await call('GET', `/sync?${query}`)).status, 400)
    })

  test('ignores unknown parameters and an empty since', async (t) => {
    const { call } = await serveFixture(t, ['alice'])
    const query = 'since=&_cacheBuster=1&org.example.unknown=true'
    assert.equal((await call('GET', `/sync?${query}`)).status, 200)
  })
})

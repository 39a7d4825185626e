import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, registerUser, type TestUser } from '../support/client.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'

const START = 1_800_000_000_000
const HOUR_MS = 3_600_000

onEachServerDatabase('GET /rooms/{roomId}/timestamp_to_event', (flags) => {
  const begin = async (t: Parameters<typeof startTestServer>[0]) => {
    const clock = createManualClock(START)
    const { url } = await startTestServer(t, { flags: await flags(t), environment: { clock } })
    const at = (user: TestUser, roomId: string, query: string) =>
      call(`${url}/_matrix/client/v1/rooms/${encodeURIComponent(roomId)}/timestamp_to_event?${query}`, {
        token: user.token,
      })
    const sayHourly = async (user: TestUser, roomId: string, texts: readonly string[]) => {
      const ids = []
      for (const text of texts) {
        clock.advance(HOUR_MS)
        ids.push(await user.say(roomId, text))
      }
      return ids
    }
    const alice = await registerUser(url, 'alice')
    return { url, clock, at, sayHourly, alice, bob: await registerUser(url, 'bob') }
  }

  test('returns the closest event in the direction, of this room only', async (t) => {
    const { clock, at, sayHourly, alice } = await begin(t)
    const roomId = await alice.createRoom()
    const other = await alice.createRoom()
    const [first, second, third] = await sayHourly(alice, roomId, ['1', '2', '3'])
    clock.advance(HOUR_MS / 2)
    await alice.say(other, 'in another room')

    const time = (hours: number) => START + hours * HOUR_MS
    for (const [query, id, hours] of [
      [`ts=${time(1)}&dir=f`, first, 1],
      [`ts=${time(1)}&dir=b`, first, 1],
      [`ts=${time(1) + 1}&dir=f`, second, 2],
      [`ts=${time(2) - 1}&dir=b`, first, 1],
      [`ts=${time(3) - 1}&dir=f`, third, 3],
      [`ts=${time(100)}&dir=b`, third, 3],
    ] as const) {
      const { status, body } = await at(alice, roomId, query)
      assert.equal(status, 200, query)
      assert.deepEqual(body, { event_id: id, origin_server_ts: time(hours) }, query)
    }
    for (const query of [`ts=${time(3) + 1}&dir=f`, `ts=${START - 1}&dir=b`]) {
      const { status, body } = await at(alice, roomId, query)
      assert.deepEqual([status, body['errcode']], [404, 'M_NOT_FOUND'], query)
    }
  })

  test('skips messages of ignored users, and not their state events', async (t) => {
    const { clock, at, sayHourly, alice, bob } = await begin(t)
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encodeURIComponent(roomId)}`)
    const [first] = await sayHourly(alice, roomId, ['1'])
    const [ignored] = await sayHourly(bob, roomId, ['2', '3'])
    const [last] = await sayHourly(alice, roomId, ['4'])
    const closest = async (query: string) => (await at(alice, roomId, query)).body['event_id']
    const time = (hours: number) => START + hours * HOUR_MS
    assert.equal(await closest(`ts=${time(2)}&dir=f`), ignored)
    const content = { ignored_users: { [bob.userId]: {} } }
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, content)
    assert.equal(await closest(`ts=${time(2)}&dir=f`), last)
    assert.equal(await closest(`ts=${time(3)}&dir=b`), first)
    clock.advance(HOUR_MS)
    await bob.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
    assert.match(String(await closest(`ts=${time(5)}&dir=f`)), /^\$/)
  })

  test('leaves out events that the user may not see', async (t) => {
    const { at, sayHourly, alice, bob } = await begin(t)
    const initial_state = [
      { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'joined' } },
    ]
    const roomId = await alice.createRoom({ preset: 'public_chat', initial_state })
    const outside = await at(bob, roomId, `ts=${START}&dir=f`)
    assert.deepEqual([outside.status, outside.body['errcode']], [403, 'M_FORBIDDEN'])

    await sayHourly(alice, roomId, ['before'])
    await bob.post(`/rooms/${encodeURIComponent(roomId)}/join`)
    const [during] = await sayHourly(alice, roomId, ['during'])
    await bob.post(`/rooms/${encodeURIComponent(roomId)}/leave`)
    await sayHourly(alice, roomId, ['after'])

    const forward = await at(bob, roomId, `ts=${START + 1}&dir=f`)
    assert.equal(forward.body['origin_server_ts'], START + HOUR_MS, 'the own join, not the message before')
    const middle = await at(bob, roomId, `ts=${START + HOUR_MS + 1}&dir=f`)
    assert.equal(middle.body['event_id'], during)
    const backward = await at(bob, roomId, `ts=${START + 9 * HOUR_MS}&dir=b`)
    assert.equal(
      backward.body['origin_server_ts'],
      START + 2 * HOUR_MS,
      'the own leave, not the message after',
    )
    assert.equal((await at(bob, roomId, `ts=${START + 3 * HOUR_MS}&dir=f`)).status, 404)
  })

  test('returns an event after the time where the clock was set back', async (t) => {
    const { clock, at, sayHourly, alice } = await begin(t)
    const roomId = await alice.createRoom()
    await sayHourly(alice, roomId, ['1', '2', '3'])
    clock.step(-2 * HOUR_MS)
    const later = await sayHourly(alice, roomId, ['4', '5', '6'])
    const { body } = await at(alice, roomId, `ts=${START + 4 * HOUR_MS}&dir=f`)
    assert.equal(body['event_id'], later[2])
    for (const half of [1.5, 2.5]) {
      const found = await at(alice, roomId, `ts=${START + half * HOUR_MS}&dir=f`)
      assert.ok(Number(found.body['origin_server_ts']) >= START + half * HOUR_MS)
    }
  })

  test('returns 400 for a time or a direction that is no such thing', async (t) => {
    const { at, alice } = await begin(t)
    const roomId = await alice.createRoom()
    for (const query of [
      'dir=f',
      'ts=1',
      'ts=-1&dir=f',
      'ts=soon&dir=f',
      'ts=9999999999999999&dir=b',
      'ts=1&dir=x',
    ])
      assert.equal((await at(alice, roomId, query)).status, 400, query)
  })
})

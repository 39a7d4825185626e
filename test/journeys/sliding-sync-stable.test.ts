import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beginSliding as begin, stable, stateOf, tryStable, tryUnstable, unstable } from './sliding-client.ts'

describe('the stable shape', () => {
  const list = (more: Record<string, unknown> = {}) => ({
    lists: {
      all: {
        timeline_limit: 2,
        required_state: { include: [{ type: 'm.room.name' }], lazy_members: true },
        ...more,
      },
    },
  })

  test('has all rooms without a range, their lists and membership, and no counts', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const [one, two] = [await roomOf('one'), await roomOf('two')]
    const first = await stable(url, alice, list())
    assert.deepEqual(Object.keys(first.rooms), [two, one])
    const room = first.rooms[one]
    assert.deepEqual([room?.membership, room?.lists, room?.notification_count], ['join', ['all'], undefined])
    assert.equal(room?.timeline_events?.length, 2)
    assert.ok(stateOf(room).includes(`m.room.member ${alice.userId}`))
    await bob.put(path(one, 'state/m.room.name/'), {})
    const second = await stable(url, alice, { ...list(), pos: first.pos })
    assert.equal(second.rooms[one]?.name, null)
    const subscribed = { ...list(), room_subscriptions: { [one]: { timeline_limit: 5, required_state: {} } } }
    const third = await stable(url, alice, { ...subscribed, pos: second.pos })
    assert.equal(third.rooms[one]?.expanded_timeline, true)
    const { chunk } = (await alice.get(`${path(one, 'messages')}?dir=b&limit=1&from=${third.pos}`)) as {
      chunk: unknown[]
    }
    assert.equal(chunk.length, 1)
  })

  test('has all state but the excluded one, and members only with their events', async (t) => {
    const { url, alice, roomOf } = await begin(t)
    const one = await roomOf('one')
    const required_state = { include: [{}], exclude: [{ type: 'm.room.create' }], lazy_members: true }
    const state = stateOf((await stable(url, alice, list({ required_state, timeline_limit: 1 }))).rooms[one])
    assert.ok(state.includes('m.room.power_levels '))
    assert.ok(!state.includes('m.room.create '))
    assert.deepEqual(
      state.filter((key) => key.startsWith('m.room.member')),
      [`m.room.member ${alice.userId}`],
    )
  })

  test('has the stripped state of invitations, and filters by is_invited', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    await roomOf('one')
    const invited = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    const { rooms, lists } = await stable(url, alice, list({ filters: { is_invited: true } }))
    assert.deepEqual(lists, { all: { count: 1 } })
    assert.equal(rooms[invited]?.membership, 'invite')
    assert.ok((rooms[invited]?.stripped_state?.length ?? 0) >= 4)
  })

  test('refuses an unknown pos and an unknown set_presence', async (t) => {
    const { url, alice } = await begin(t)
    const errcodeOf = async (body: unknown) => (await tryStable(url, alice, body)).body['errcode']
    assert.equal(await errcodeOf({ ...list(), pos: 'x' }), 'M_UNKNOWN_POS')
    assert.equal(await errcodeOf({ ...list(), set_presence: 'x' }), 'M_INVALID_PARAM')
    assert.equal(await errcodeOf({ lists: { all: { timeline_limit: 1 } } }), 'M_MISSING_PARAM')
  })
})

test('accepts 500 patterns of state in all lists, and refuses more', async (t) => {
  const { url, alice } = await begin(t)
  const listsOf = (...counts: number[]) => ({
    lists: Object.fromEntries(
      counts.map((count, at) => [
        `l${at}`,
        { ranges: [[0, 1]], required_state: Array.from({ length: count }, (_, key) => ['x', `${key}`]) },
      ]),
    ),
  })
  await unstable(url, alice, listsOf(100, 100, 100, 100, 100))
  const { status, body } = await tryUnstable(url, alice, listsOf(100, 100, 100, 100, 100, 1))
  assert.deepEqual([status, body['errcode']], [400, 'M_INVALID_PARAM'])
  assert.match(String(body['error']), /lists/)
  const include = Array.from({ length: 51 }, (_, key) => ({ type: 'x', state_key: `${key}` }))
  const lists = Object.fromEntries(
    Array.from({ length: 5 }, (_, at) => [
      `l${at}`,
      { timeline_limit: 1, required_state: { include, exclude: include } },
    ]),
  )
  const refused = await tryStable(url, alice, { lists })
  assert.deepEqual([refused.status, refused.body['errcode']], [400, 'M_INVALID_PARAM'])
})

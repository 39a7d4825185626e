import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { loginUser, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { type SlidingBody, stable, unstable } from './sliding-client.ts'

async function begin(t: TestContext) {
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const roomOf = async (name: string) => {
    const roomId = await bob.createRoom({ preset: 'public_chat', name })
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  const path = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}/${rest}`
  const toAlice = (deviceId: string, text: string) =>
    bob.put(`/sendToDevice/m.test/${Math.random()}`, {
      messages: { [alice.userId]: { [deviceId]: { text } } },
    })
  return { url, alice, bob, roomOf, path, toAlice }
}

const list = (more: Record<string, unknown> = {}) => ({
  all: { ranges: [[0, 99]], timeline_limit: 5, required_state: [], ...more },
})
const on = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { enabled: true }]))
const messagesOf = ({ extensions }: SlidingBody) =>
  (extensions.to_device?.events ?? []).map(({ content }) => (content as { text: string }).text)

test('to_device has a cursor of its own: a connection without pos continues where another one stopped', async (t) => {
  const { url, alice, toAlice } = await begin(t)
  const ask = (since?: string, pos?: string) =>
    unstable(
      url,
      alice,
      {
        conn_id: 'encryption',
        extensions: { e2ee: { enabled: true }, to_device: { enabled: true, limit: 2, since } },
      },
      { ...(pos !== undefined && { pos }) },
    )
  const empty = await ask()
  assert.equal(typeof empty.extensions.to_device?.next_batch, 'string')
  for (const text of ['one', 'two', 'three']) await toAlice(alice.deviceId, text)
  const first = await ask(empty.extensions.to_device?.next_batch, empty.pos)
  assert.deepEqual(messagesOf(first), ['one', 'two'])
  // The response got lost, so the same request returns the same messages.
  assert.deepEqual(messagesOf(await ask(empty.extensions.to_device?.next_batch, empty.pos)), ['one', 'two'])
  // The notification extension starts a connection with the stored cursor.
  const second = await ask(first.extensions.to_device?.next_batch)
  assert.deepEqual(messagesOf(second), ['three'])
  // The app continues with its older pos, and the newer cursor.
  const third = await ask(second.extensions.to_device?.next_batch, first.pos)
  assert.deepEqual(messagesOf(third), [])
  assert.equal(third.extensions.to_device?.next_batch, second.extensions.to_device?.next_batch)
  // Classic sync has none of them again.
  const sync = (await alice.get('/sync')) as { to_device: { events: unknown[] } }
  assert.deepEqual(sync.to_device.events, [])
})

test('a cursor of to_device ahead of the server acknowledges nothing', async (t) => {
  const { url, alice, toAlice } = await begin(t)
  await toAlice(alice.deviceId, 'one')
  const extensions = { to_device: { enabled: true, since: '999999999' } }
  assert.deepEqual(messagesOf(await unstable(url, alice, { extensions })), ['one'])
})

test('to_device returns a cursor that is not ahead of the server, so the next messages are not deleted unread', async (t) => {
  const { url, alice, toAlice } = await begin(t)
  const ask = (since: string) => unstable(url, alice, { extensions: { to_device: { enabled: true, since } } })
  const { pos, extensions } = await ask('999999999')
  const cursor = extensions.to_device?.next_batch ?? ''
  assert.equal(cursor, /^s(\d+)/.exec(pos)?.[1])
  for (const text of ['one', 'two']) await toAlice(alice.deviceId, text)
  assert.deepEqual(messagesOf(await ask(cursor)), ['one', 'two'])
})

test('a message to the device ends the wait', async (t) => {
  const { url, alice, toAlice } = await begin(t)
  const body = { conn_id: 'encryption', extensions: on('e2ee', 'to_device') }
  const { pos } = await unstable(url, alice, body)
  const waiting = unstable(url, alice, body, { pos, timeout: 30_000 })
  await toAlice(alice.deviceId, 'wake up')
  assert.deepEqual(messagesOf(await waiting), ['wake up'])
})

test('e2ee has the counts of keys in every response, and the changed device lists', async (t) => {
  const { url, alice, bob, roomOf } = await begin(t)
  await roomOf('one')
  const body = { conn_id: 'encryption', extensions: on('e2ee') }
  const first = await unstable(url, alice, body)
  assert.deepEqual(first.extensions.e2ee, {
    device_one_time_keys_count: { signed_curve25519: 0 },
    device_unused_fallback_key_types: [],
  })
  const keys = { algorithms: [], keys: {}, signatures: {} }
  const waiting = unstable(url, alice, body, { pos: first.pos, timeout: 30_000 })
  await bob.post('/keys/upload', { device_keys: { user_id: bob.userId, device_id: bob.deviceId, ...keys } })
  const second = await waiting
  assert.deepEqual(second.extensions.e2ee?.device_lists, { changed: [bob.userId], left: [] })
  const third = await unstable(url, alice, body, { pos: second.pos })
  assert.equal(third.extensions.e2ee?.device_lists, undefined)
  assert.deepEqual(third.extensions.e2ee?.device_one_time_keys_count, { signed_curve25519: 0 })
  // The extension is off while device lists change, at the end of one connection and from the start of another one.
  const off = await unstable(url, alice, { conn_id: 'encryption' }, { pos: third.pos })
  const other = await unstable(url, alice, { conn_id: 'other' })
  const phone = await loginUser(url, 'bob')
  await phone.post('/keys/upload', {
    device_keys: { user_id: bob.userId, device_id: phone.deviceId, ...keys },
  })
  for (const [conn_id, start] of [
    ['encryption', off.pos],
    ['other', other.pos],
  ] as const) {
    const still = await unstable(url, alice, { conn_id }, { pos: start })
    const back = await unstable(url, alice, { ...body, conn_id }, { pos: still.pos })
    assert.deepEqual(back.extensions.e2ee?.device_lists, { changed: [bob.userId], left: [] })
    const next = await unstable(url, alice, { ...body, conn_id }, { pos: back.pos })
    assert.equal(next.extensions.e2ee?.device_lists, undefined)
  }
})

test('account_data has everything at the start, then what changed, also of rooms that were outside the window', async (t) => {
  const { url, alice, roomOf } = await begin(t)
  const [one, two] = [await roomOf('one'), await roomOf('two')]
  const account = `/user/${encodeURIComponent(alice.userId)}`
  const set = (roomId: string, n: number) =>
    alice.put(`${account}/rooms/${encodeURIComponent(roomId)}/account_data/org.test`, { n })
  await set(one, 1)
  await alice.put(`${account}/account_data/org.global`, { n: 1 })
  const body = (more = {}) => ({ lists: list(more), extensions: on('account_data') })
  const first = await unstable(url, alice, body())
  const types = (of: SlidingBody) => of.extensions.account_data?.global.map(({ type }) => type).sort()
  assert.deepEqual(types(first), ['m.push_rules', 'org.global'])
  assert.deepEqual(first.extensions.account_data?.rooms, { [one]: [{ type: 'org.test', content: { n: 1 } }] })

  const waiting = unstable(url, alice, body(), { pos: first.pos, timeout: 30_000 })
  await set(two, 2)
  const second = await waiting
  assert.deepEqual(second.extensions.account_data, {
    global: [],
    rooms: { [two]: [{ type: 'org.test', content: { n: 2 } }] },
  })
  // The first room leaves the window, and its data changes there.
  const narrow = body({ ranges: [[0, 0]] })
  const third = await unstable(url, alice, narrow, { pos: second.pos })
  await set(one, 3)
  const fourth = await unstable(url, alice, narrow, { pos: third.pos })
  assert.deepEqual(fourth.extensions.account_data?.rooms, {})
  const fifth = await unstable(url, alice, body(), { pos: fourth.pos })
  assert.deepEqual(fifth.extensions.account_data?.rooms, { [one]: [{ type: 'org.test', content: { n: 3 } }] })
  assert.deepEqual(fifth.rooms, {})
  // An extension that is enabled later starts with everything.
  const without = await unstable(url, alice, { lists: list() }, { pos: fifth.pos })
  const again = await unstable(url, alice, body(), { pos: without.pos })
  assert.deepEqual(types(again), ['m.push_rules', 'org.global'])
  assert.deepEqual(Object.keys(again.extensions.account_data?.rooms ?? {}).sort(), [one, two].sort())
  await alice.put(`/pushrules/global/room/${encodeURIComponent(one)}`, { actions: [] })
  assert.deepEqual(types(await unstable(url, alice, body(), { pos: again.pos })), ['m.push_rules'])
})

test('receipts has those of the shown events at the start, then the new ones of rooms in the window', async (t) => {
  const { url, alice, bob, roomOf, path } = await begin(t)
  const one = await roomOf('one')
  const old = await alice.say(one, 'old')
  await bob.read(one, old)
  for (let at = 0; at < 6; at++) await alice.say(one, 'more')
  const last = await alice.say(one, 'last')
  await alice.read(one, old)
  const body = { lists: list(), extensions: on('receipts') }
  const readersOf = (of: SlidingBody) =>
    Object.entries(of.extensions.receipts?.rooms[one]?.content ?? {}).map(([event, types]) => [
      event,
      Object.keys(types['m.read'] ?? {}),
    ])
  const first = await unstable(url, alice, body)
  assert.ok(readersOf(first).every(([, users]) => !users?.includes(bob.userId)))
  const waiting = unstable(url, alice, body, { pos: first.pos, timeout: 30_000 })
  await bob.read(one, last)
  const second = await waiting
  assert.deepEqual(readersOf(second), [[last, [bob.userId]]])
  assert.deepEqual((await unstable(url, alice, body, { pos: second.pos })).extensions.receipts, { rooms: {} })
  const fresh = await unstable(url, alice, body)
  assert.ok(readersOf(fresh).some(([event, users]) => event === last && users?.includes(bob.userId)))
  // A private receipt of another user stays private.
  await bob.post(path(one, `receipt/m.read.private/${encodeURIComponent(await alice.say(one, 'x'))}`))
  assert.deepEqual((await unstable(url, alice, body, { pos: second.pos })).extensions.receipts, { rooms: {} })
})

test('typing has the rooms where it changed', async (t) => {
  const { url, alice, bob, roomOf, path } = await begin(t)
  const one = await roomOf('one')
  const type = (typing: boolean) =>
    bob.put(path(one, `typing/${encodeURIComponent(bob.userId)}`), { typing, timeout: 20_000 })
  const body = { lists: list(), extensions: on('typing') }
  const first = await unstable(url, alice, body)
  assert.deepEqual(first.extensions.typing, { rooms: {} })
  const waiting = unstable(url, alice, body, { pos: first.pos, timeout: 30_000 })
  await type(true)
  const second = await waiting
  assert.deepEqual(second.extensions.typing?.rooms[one]?.content, { user_ids: [bob.userId] })
  await type(false)
  const third = await unstable(url, alice, body, { pos: second.pos })
  assert.deepEqual(third.extensions.typing?.rooms[one]?.content, { user_ids: [] })
})

test('an extension can be limited to lists and to subscribed rooms', async (t) => {
  const { url, alice, roomOf } = await begin(t)
  const [one, two] = [await roomOf('one'), await roomOf('two')]
  for (const roomId of [one, two]) await alice.read(roomId, await alice.say(roomId, 'x'))
  const ask = async (scope: Record<string, unknown>) => {
    const { extensions } = await unstable(url, alice, {
      lists: list({ ranges: [[0, 0]] }),
      room_subscriptions: { [one]: { timeline_limit: 1, required_state: [] } },
      extensions: { receipts: { enabled: true, ...scope } },
    })
    return Object.keys(extensions.receipts?.rooms ?? {}).sort()
  }
  assert.deepEqual(await ask({}), [one, two].sort())
  assert.deepEqual(await ask({ lists: [] }), [one])
  assert.deepEqual(await ask({ rooms: [] }), [two])
  assert.deepEqual(await ask({ lists: ['*'], rooms: ['*'] }), [one, two].sort())
  assert.deepEqual(await ask({ lists: [], rooms: [two] }), [])
})

test('nothing of a room comes after the user was removed, by any extension', async (t) => {
  const { url, alice, bob, roomOf, path } = await begin(t)
  const one = await roomOf('one')
  const body = {
    lists: { all: { timeline_limit: 5, required_state: { include: [{}] } } },
    room_subscriptions: { [one]: { timeline_limit: 5, required_state: { include: [{}] } } },
    extensions: on('receipts', 'typing', 'account_data', 'e2ee'),
  }
  const first = await stable(url, alice, body)
  await bob.post(path(one, 'ban'), { user_id: alice.userId })
  const second = await stable(url, alice, { ...body, pos: first.pos })
  assert.equal(second.rooms[one]?.membership, 'ban')
  await bob.read(one, await bob.say(one, 'secret'))
  await bob.put(path(one, `typing/${encodeURIComponent(bob.userId)}`), { typing: true, timeout: 20_000 })
  await bob.put(path(one, 'state/m.room.topic/'), { topic: 'secret' })
  for (const pos of [second.pos, undefined]) {
    const later = await stable(url, alice, { ...body, ...(pos !== undefined && { pos }) })
    assert.ok(!JSON.stringify(later).includes('secret'))
    assert.deepEqual([later.extensions.receipts?.rooms, later.extensions.typing?.rooms], [{}, {}])
  }
})

test('unknown extensions are ignored, and each device has its own connections', async (t) => {
  const { url, alice, roomOf } = await begin(t)
  await roomOf('one')
  const phone = await loginUser(url, 'alice')
  const body = { conn_id: 'main', lists: list(), extensions: on('org.example.unknown', 'typing') }
  const [onDesk, onPhone] = [await unstable(url, alice, body), await unstable(url, phone, body)]
  assert.deepEqual(Object.keys(onDesk.extensions), ['typing'])
  for (const [user, pos] of [
    [alice, onDesk.pos],
    [phone, onPhone.pos],
  ] as const)
    assert.deepEqual((await unstable(url, user, body, { pos })).rooms, {})
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startProcess } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'

type Message = { sender: string; type: string; content: { n?: number } }
type Received = { next_batch: string; to_device: { events: Message[] } }

let transactions = 0

const sendTo = (from: TestUser, to: TestUser, more: { device?: string; n?: number; type?: string } = {}) => {
  const { device = to.deviceId, n = 0, type = 'm.room.encrypted' } = more
  const messages = { [to.userId]: { [device]: { n } } }
  return from.put(`/sendToDevice/${type}/d${transactions++}`, { messages })
}

const sync = async (user: TestUser, since?: string, timeout = 0) => {
  const from = since === undefined ? '' : `&since=${encodeURIComponent(since)}`
  return (await user.get(`/sync?timeout=${timeout}${from}`)) as unknown as Received
}

const numbers = ({ to_device }: Received) => to_device.events.map(({ content }) => content.n)

test('a message to a device ends its long poll, arrives once over reconnects, and survives a kill of the server', async (t) => {
  const data = newDataFolder(t)
  const server = await startProcess(t, data)
  const alice = await registerUser(server.url, 'alice')
  const phone = await registerUser(server.url, 'bob')
  const laptop = await loginUser(server.url, 'bob')
  const { next_batch: start } = await sync(phone)
  const poll = sync(phone, start, 30_000)
  await sendTo(alice, phone, { n: 1 })
  const first = await poll
  assert.deepEqual(first.to_device.events, [
    { sender: alice.userId, type: 'm.room.encrypted', content: { n: 1 } },
  ])
  await sendTo(alice, phone, { device: '*', n: 2 })
  await server.end('SIGKILL')

  const { url } = await startProcess(t, data)
  const again = (user: TestUser, since?: string) => sync(movedTo(url, user), since)
  assert.deepEqual(numbers(await again(phone, start)), [1, 2], 'the first response is not acknowledged')
  const second = await again(phone, first.next_batch)
  assert.deepEqual(numbers(second), [2])
  assert.deepEqual(numbers(await again(phone, second.next_batch)), [])
  assert.deepEqual(numbers(await again(phone)), [])
  assert.deepEqual(numbers(await again(laptop)), [2])
})

/** The same session on a server that was started again on another port. */
const movedTo = (url: string, { token }: TestUser): TestUser =>
  ({
    get: async (path: string) => {
      const response = await fetch(`${url}/_matrix/client/v3${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return (await response.json()) as Record<string, unknown>
    },
  }) as TestUser

test('a poke for an encrypted event is sent after the key that its sender stored before it', async (t) => {
  const server = await startTestServer(t)
  const gateway = await startPokeReceiver(t)
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  await alice.post(
    '/pushers/set',
    foundingPusher(gateway.url, { data: { url: gateway.url, format: 'event_id_only' } }),
  )
  const roomId = await bob.createRoom({ preset: 'public_chat' })
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  // Like the notification extension of a phone, each poke fetches what has arrived.
  const fetched = new Map<string, (number | undefined)[]>()
  gateway.respondWith(async ({ event_id }) => {
    if (event_id !== undefined) fetched.set(event_id, numbers(await sync(alice)))
    return {}
  })
  const sent: string[] = []
  for (let n = 0; n < 20; n++) {
    await sendTo(bob, alice, { n })
    const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: `${n}` }
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/e${n}`
    sent.push(String((await bob.put(path, content))['event_id']))
  }
  await eventually(() => sent.every((eventId) => fetched.has(eventId)))
  for (const [n, eventId] of sent.entries())
    assert.ok(fetched.get(eventId)?.includes(n), `the poke of event ${n} came before its key`)
})

test('messages of a removed device are gone, and those of other devices stay', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const phone = await registerUser(server.url, 'bob')
  const laptop = await loginUser(server.url, 'bob')
  await sendTo(alice, phone, { device: '*', n: 1 })
  await phone.post('/logout')
  await sendTo(alice, phone, { n: 2 })
  const { body } = await laptop.try('POST', '/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'bob' },
    password: 'a perfectly fine password',
    device_id: phone.deviceId,
  })
  const returned = movedTo(server.url, { ...phone, token: String(body['access_token']) })
  assert.deepEqual(numbers(await sync(returned)), [])
  assert.deepEqual(numbers(await sync(laptop)), [1])
})

test('a device that does not sync keeps the newest messages of each sender', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_QUOTAS_DEVICE_MESSAGES: '2' } })
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  await sendTo(bob, bob, { n: 0 })
  for (const n of [1, 2, 3]) await sendTo(alice, bob, { n })
  assert.deepEqual(numbers(await sync(bob)), [0, 2, 3])
})

test('a malformed or too large sendToDevice returns a Matrix error and stores nothing', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_LIMITS_DEVICE_MESSAGE_BYTES: '1024' } })
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const put = (body: unknown, path = 'm.dummy/1') => alice.try('PUT', `/sendToDevice/${path}`, body)
  const to = (content: unknown) => ({ messages: { [bob.userId]: { [bob.deviceId]: content } } })
  for (const [body, status, errcode] of [
    [{}, 400, 'M_MISSING_PARAM'],
    ['{', 400, 'M_NOT_JSON'],
    [{ messages: [] }, 400, 'M_BAD_JSON'],
    [{ messages: { bob: { X: {} } } }, 400, 'M_INVALID_PARAM'],
    [{ messages: { [bob.userId]: { X: 'text' } } }, 400, 'M_INVALID_PARAM'],
    [to({ text: 'x'.repeat(1024) }), 413, 'M_TOO_LARGE'],
    [to({ text: 'x'.repeat(1_100_000) }), 413, 'M_TOO_LARGE'],
  ] as const) {
    const answer = await put(body)
    assert.deepEqual(
      [answer.status, answer.body['errcode']],
      [status, errcode],
      JSON.stringify(body).slice(0, 60),
    )
  }
  const long = await put(to({}), `m.${'x'.repeat(260)}/1`)
  assert.deepEqual([long.status, long.body['errcode']], [400, 'M_INVALID_PARAM'])
  const txn = await put(to({}), `m.dummy/${'x'.repeat(260)}`)
  assert.deepEqual([txn.status, txn.body['errcode']], [400, 'M_INVALID_PARAM'])
  assert.equal((await put(to({ n: 1 }))).status, 200)
  assert.equal((await put(to({ n: 2 }))).status, 200, 'a repeat is not an error')
  assert.deepEqual(numbers(await sync(bob)), [1])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientResponse, registerUser, type TestUser } from '../support/client.ts'
import { call } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent

type Event = {
  event_id: string
  content: Record<string, unknown>
  unsigned: { 'm.relations'?: Record<string, Record<string, unknown>> }
}

let sent = 0
const relating = (
  user: TestUser,
  roomId: string,
  relation: Record<string, unknown>,
  type = 'm.room.message',
) =>
  user.try('PUT', `/rooms/${encoded(roomId)}/send/${type}/relation${sent++}`, {
    msgtype: 'm.text',
    body: 'related',
    'm.relates_to': relation,
  })
const idOf = ({ status, body }: ClientResponse): string => {
  assert.equal(status, 200, JSON.stringify(body))
  return String(body['event_id'])
}

async function createFixture(t: Parameters<typeof startTestServer>[0]) {
  const { url } = await startTestServer(t)
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await alice.createRoom()
  await bob.post(`/join/${encoded(roomId)}`)
  const get = (user: TestUser, path: string) =>
    call(`${url}/_matrix/client/v1/rooms/${encoded(roomId)}${path}`, { token: user.token })
  const chunkOf = async (user: TestUser, path: string) => {
    const { status, body } = await get(user, path)
    assert.equal(status, 200, JSON.stringify(body))
    return body['chunk'] as Event[]
  }
  return { url, alice, bob, roomId, get, chunkOf }
}

test('a thread is listed, read in pages, and bundled wherever the specification says', async (t) => {
  const { alice, bob, roomId, get, chunkOf } = await createFixture(t)
  const root = await alice.say(roomId, 'where shall we eat?')
  const thread = { rel_type: 'm.thread', event_id: root }
  const first = idOf(await relating(bob, roomId, thread))
  const second = idOf(await relating(bob, roomId, thread))
  const last = idOf(await relating(alice, roomId, thread))
  const edit = await alice.say(roomId, '* the station', {
    'm.new_content': { msgtype: 'm.text', body: 'the station' },
    'm.relates_to': { rel_type: 'm.replace', event_id: last },
  })
  const threads = await chunkOf(bob, '/threads?include=participated&limit=5')
  assert.deepEqual(
    threads.map((event) => event.event_id),
    [root],
  )
  const path = `/relations/${encoded(root)}`
  const page = await get(bob, `${path}/m.thread?limit=2`)
  const next = await get(bob, `${path}/m.thread?limit=2&from=${String(page.body['next_batch'])}`)
  const ids = [page, next].flatMap(({ body }) => (body['chunk'] as Event[]).map((event) => event.event_id))
  assert.deepEqual(ids, [last, second, first])
  assert.ok(!('next_batch' in next.body))
  const { body: all } = await get(bob, `${path}?recurse=true&dir=f`)
  assert.equal(all['recursion_depth'], 3)
  assert.deepEqual(
    (all['chunk'] as Event[]).map((event) => event.event_id),
    [first, second, last, edit],
  )
  assert.equal((await chunkOf(bob, `${path}/m.thread/m.sticker`)).length, 0)

  const context = await bob.get(`/rooms/${encoded(roomId)}/context/${encoded(root)}`)
  const messages = await bob.get(`/rooms/${encoded(roomId)}/messages?dir=b&limit=50`)
  const inPage = (messages['chunk'] as Event[]).find((event) => event.event_id === root)
  const one = await bob.get(`/rooms/${encoded(roomId)}/event/${encoded(root)}`)
  for (const event of [threads[0], context['event'], inPage, one] as Event[]) {
    const bundle = event.unsigned['m.relations']?.['m.thread']
    assert.equal(bundle?.['count'], 3)
    assert.equal(bundle?.['current_user_participated'], true)
    const latest = bundle?.['latest_event'] as Event
    assert.equal(latest.event_id, last)
    assert.equal(latest.unsigned['m.relations']?.['m.replace']?.['event_id'], edit)
  }
  const filter = encoded(JSON.stringify({ room: { timeline: { limit: 3 } } }))
  const { rooms } = (await bob.get(`/sync?filter=${filter}`)) as {
    rooms: { join: Record<string, { timeline: { events: Event[] } }> }
  }
  const inSync = rooms.join[roomId]?.timeline.events.find((event) => event.event_id === last)
  assert.equal(inSync?.unsigned['m.relations']?.['m.replace']?.['event_id'], edit)
})

test('a second equal reaction returns 400 M_DUPLICATE_ANNOTATION until the first one is redacted', async (t) => {
  const { alice, bob, roomId, chunkOf } = await createFixture(t)
  const eventId = await alice.say(roomId, 'good news')
  const relation = { rel_type: 'm.annotation', event_id: eventId, key: '🎉' }
  const first = idOf(await relating(bob, roomId, relation, 'm.reaction'))
  const refused = await relating(bob, roomId, relation, 'm.reaction')
  assert.equal(refused.status, 400)
  assert.equal(refused.body['errcode'], 'M_DUPLICATE_ANNOTATION')
  const path = `/relations/${encoded(eventId)}/m.annotation/m.reaction`
  assert.equal((await chunkOf(alice, path)).length, 1)
  await bob.put(`/rooms/${encoded(roomId)}/redact/${encoded(first)}/redaction`, {})
  assert.equal((await chunkOf(alice, path)).length, 0)
  idOf(await relating(bob, roomId, relation, 'm.reaction'))
  const event = (await alice.get(`/rooms/${encoded(roomId)}/event/${encoded(eventId)}`)) as unknown as Event
  assert.equal(event.unsigned['m.relations'], undefined, 'annotations are not aggregated')
})

test('invalid parameters and events that the user may not see return an error that says why', async (t) => {
  const { url, alice, roomId, get } = await createFixture(t)
  const eventId = await alice.say(roomId, 'text')
  const path = `/relations/${encoded(eventId)}`
  for (const query of ['from=x', 'to=s-1', 'limit=-1', 'limit=x', 'dir=up', 'recurse=maybe']) {
    const { status, body } = await get(alice, `${path}?${query}`)
    assert.equal(status, 400, query)
    assert.equal(body['errcode'], 'M_INVALID_PARAM', query)
    assert.match(String(body['error']), new RegExp(query.split('=')[0] ?? ''))
  }
  for (const query of ['from=x', 'limit=0', 'include=some'])
    assert.equal((await get(alice, `/threads?${query}`)).status, 400, query)
  const missing = await get(alice, '/relations/$nowhere')
  assert.equal(missing.status, 404)
  assert.equal(missing.body['errcode'], 'M_NOT_FOUND')
  const carol = await registerUser(url, 'carol')
  assert.equal((await get(carol, path)).status, 404)
  const threads = await get(carol, '/threads')
  assert.equal(threads.status, 403)
  assert.equal(threads.body['errcode'], 'M_FORBIDDEN')
})

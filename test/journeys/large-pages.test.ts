import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

type Event = {
  event_id: string
  type: string
  content: Record<string, unknown>
  unsigned?: Record<string, unknown>
}
type Page = { chunk: Event[]; start: string; end?: string }

const PAGE_BYTES = 20_000
const enc = encodeURIComponent
/** Sizes of events: a page of 20,000 bytes holds many, some, or less than one of them. */
const SIZES = [10, 9000, 40_000, 300, 7000, 12_000, 50_000, 1, 2, 3, 19_000, 4000, 4000, 4000, 30_000, 100]

async function start(t: TestContext) {
  const server = await startTestServer(t, { env: { BELFRY_LIMITS_PAGE_BYTES: String(PAGE_BYTES) } })
  const alice = await registerUser(server.url, 'alice')
  return { server, alice }
}

async function saySizes(user: TestUser, roomId: string): Promise<string[]> {
  const ids: string[] = []
  for (const size of SIZES) ids.push(await user.say(roomId, 'x'.repeat(size)))
  return ids
}

const idsOf = (events: readonly Event[]) => events.map((event) => event.event_id)
const messagesIn = (events: readonly Event[]) => events.filter((event) => event.type === 'm.room.message')

function assertBounded(events: readonly Event[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(events))
  assert.ok(bytes <= 2 * PAGE_BYTES || events.length === 1, `${events.length} events of ${bytes} bytes`)
}

/** Reads all pages and checks the size of each. */
async function walk(user: TestUser, roomId: string, dir: 'b' | 'f', from?: string): Promise<Event[]> {
  const events: Event[] = []
  for (let token = from, pages = 0; ; pages++) {
    const query = `dir=${dir}&limit=1000${token === undefined ? '' : `&from=${token}`}`
    const { chunk, end } = (await user.get(`/rooms/${enc(roomId)}/messages?${query}`)) as unknown as Page
    assertBounded(chunk)
    assert.ok(chunk.length > 0 || end === undefined)
    events.push(...chunk)
    if (end === undefined) {
      assert.ok(pages > 5, 'large events take several pages')
      return events
    }
    token = end
  }
}

test('pages of /messages are limited in bytes and together contain the whole room, in both directions', async (t) => {
  const { alice } = await start(t)
  const roomId = await alice.createRoom()
  const sent = await saySizes(alice, roomId)
  assert.deepEqual(idsOf(messagesIn(await walk(alice, roomId, 'f'))), sent)
  assert.deepEqual(idsOf(messagesIn(await walk(alice, roomId, 'b'))), sent.toReversed())
})

test('the timeline of /sync is limited in bytes, and /messages continues from its prev_batch', async (t) => {
  const { alice } = await start(t)
  const roomId = await alice.createRoom()
  const before = String((await alice.get('/sync'))['next_batch'])
  const sent = await saySizes(alice, roomId)
  const filter = enc(JSON.stringify({ room: { timeline: { limit: 100 } } }))
  for (const since of ['', `&since=${before}`]) {
    const response = (await alice.get(`/sync?filter=${filter}${since}`)) as {
      rooms: { join: Record<string, { timeline: { events: Event[]; limited: boolean; prev_batch: string } }> }
    }
    const timeline = response.rooms.join[roomId]?.timeline
    assert.ok(timeline)
    assertBounded(timeline.events)
    assert.equal(timeline.limited, true)
    const earlier = await walk(alice, roomId, 'b', timeline.prev_batch)
    assert.deepEqual(idsOf(messagesIn([...earlier.toReversed(), ...timeline.events])), sent)
  }
})

test('/context is limited in bytes on both sides, and its tokens continue without a gap', async (t) => {
  const { alice } = await start(t)
  const roomId = await alice.createRoom()
  const sent = await saySizes(alice, roomId)
  const middle = sent[8] as string
  const context = (await alice.get(`/rooms/${enc(roomId)}/context/${enc(middle)}?limit=100`)) as unknown as {
    events_before: Event[]
    events_after: Event[]
    start: string
    end: string
  }
  assertBounded(context.events_before)
  assertBounded(context.events_after)
  const next = async (dir: 'b' | 'f', from: string) =>
    ((await alice.get(`/rooms/${enc(roomId)}/messages?dir=${dir}&from=${from}&limit=1`)) as unknown as Page)
      .chunk
  const known = [
    ...(await next('b', context.start)),
    ...context.events_before.toReversed(),
    { event_id: middle, type: 'm.room.message', content: {} },
    ...context.events_after,
    ...(await next('f', context.end)),
  ]
  const first = sent.indexOf(known[0]?.event_id ?? '')
  assert.deepEqual(idsOf(known), sent.slice(first, first + known.length))
  assert.ok(known.length >= 5)
})

test('/notifications and /events are limited in bytes, and their pages together contain everything', async (t) => {
  const { server, alice } = await start(t)
  const bob = await registerUser(server.url, 'bob')
  const roomId = await bob.createRoom()
  await alice.post(`/rooms/${enc(roomId)}/join`)
  const { end: now } = (await alice.get('/events?timeout=0')) as { end: string }
  const sent = await saySizes(bob, roomId)

  const received: string[] = []
  for (let from = ''; ;) {
    const page = (await alice.get(`/notifications?limit=100${from}`)) as unknown as {
      notifications: { event: Event }[]
      next_token?: string
    }
    const events = page.notifications.map(({ event }) => event)
    assertBounded(events)
    received.push(...idsOf(events))
    if (page.next_token === undefined) break
    from = `&from=${page.next_token}`
  }
  assert.deepEqual(received, sent.toReversed())

  const seen: string[] = []
  for (let from = now; seen.length < sent.length;) {
    const page = (await alice.get(`/events?timeout=0&from=${from}`)) as unknown as Page
    assertBounded(page.chunk)
    assert.ok(page.chunk.length > 0 && page.end !== undefined)
    seen.push(...idsOf(page.chunk))
    from = page.end
  }
  assert.deepEqual(seen, sent)
})

test('small events that replaced large ones, or were redacted by large ones, do not exceed the page limit', async (t) => {
  const { alice } = await start(t)
  const roomId = await alice.createRoom()
  const large = 'x'.repeat(60_000)
  for (let at = 0; at < 60; at++) {
    const content = at % 2 === 0 ? { large, url: 'mxc://a/b' } : { at }
    await alice.put(`/rooms/${enc(roomId)}/state/org.example.large`, content)
  }
  for (let at = 0; at < 30; at++) {
    const eventId = await alice.say(roomId, `redacted ${at}`)
    await alice.put(`/rooms/${enc(roomId)}/redact/${enc(eventId)}/${at}`, { reason: large })
  }
  const filter = enc(JSON.stringify({ types: ['org.example.*', 'm.room.message'], contains_url: false }))
  const page = (await alice.get(
    `/rooms/${enc(roomId)}/messages?dir=b&limit=1000&filter=${filter}`,
  )) as unknown as Page
  assert.ok(page.chunk.length >= 55, String(page.chunk.length))
  const bytes = Buffer.byteLength(JSON.stringify(page))
  assert.ok(bytes < 1_300_000, String(bytes))
  const messages = messagesIn(page.chunk)
  assert.equal(messages.length, 30)
  for (const { unsigned } of messages) {
    const because = unsigned?.['redacted_because'] as { type?: string } | undefined
    assert.equal(because?.type, 'm.room.redaction')
  }
})

test('an initial sync of many large rooms returns all of them, and creates later rooms while it is written', async (t) => {
  const { server, alice } = await start(t)
  const bob = await registerUser(server.url, 'bob')
  const said = new Map<string, string>()
  for (let at = 0; at < 12; at++) {
    const roomId = await bob.createRoom({ preset: 'public_chat', name: `Room ${at}` })
    await bob.put(`/rooms/${enc(roomId)}/state/org.example.large`, { text: 'x'.repeat(30_000) })
    await alice.post(`/rooms/${enc(roomId)}/join`)
    said.set(roomId, await bob.say(roomId, 'x'.repeat(30_000)))
  }
  const invited = await bob.createRoom({ name: 'Come in', invite: [alice.userId] })
  const { rooms } = (await alice.get('/sync')) as {
    rooms: {
      join: Record<
        string,
        { timeline: { events: Event[] }; state: { events: Event[] }; unread_notifications: unknown }
      >
      invite: Record<string, { invite_state: { events: Event[] } }>
    }
  }
  assert.deepEqual(Object.keys(rooms.join).sort(), [...said.keys()].sort())
  for (const [roomId, eventId] of said) {
    const room = rooms.join[roomId]
    assert.equal(room?.timeline.events.at(-1)?.event_id, eventId)
    const all = [...room.state.events, ...room.timeline.events]
    assert.deepEqual(all.filter((event) => event.type === 'm.room.create').length, 1)
    assert.deepEqual(room.unread_notifications, { notification_count: 1, highlight_count: 0 })
  }
  assert.ok(rooms.invite[invited]?.invite_state.events.some((event) => event.content['name'] === 'Come in'))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WITH_RETENTION = { BELFRY_RETENTION_ENABLED: 'true' }

const eventPath = (roomId: string, eventId: string) =>
  `/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(eventId)}`

/** All events that a client gets by paging back to the beginning. */
async function history(user: TestUser, roomId: string): Promise<{ event_id: string; type: string }[]> {
  const events = []
  for (let from = ''; ;) {
    const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=3${from}`
    const { chunk, end } = (await user.get(path)) as {
      chunk: { event_id: string; type: string }[]
      end?: string
    }
    events.push(...chunk)
    if (end === undefined) return events
    from = `&from=${encodeURIComponent(end)}`
  }
}

type Threads = Record<string, { notification_count: number }>

/** The unread events of each thread of a room. */
async function unreadThreadsIn(user: TestUser, roomId: string): Promise<Record<string, number>> {
  const filter = encodeURIComponent('{"room":{"timeline":{"unread_thread_notifications":true}}}')
  const { rooms } = (await user.get(`/sync?timeout=0&filter=${filter}`)) as {
    rooms?: { join?: Record<string, { unread_thread_notifications?: Threads }> }
  }
  const threads = Object.entries(rooms?.join?.[roomId]?.unread_thread_notifications ?? {})
  return Object.fromEntries(threads.map(([root, { notification_count: count }]) => [root, count]))
}

type Journey = { pushers: { steps: { step: string; reason: string }[] }[] }

type Joined = { rooms?: { join?: Record<string, { unread_notifications: { notification_count: number } }> } }

async function unreadIn(user: TestUser, roomId: string): Promise<number | undefined> {
  const { rooms } = (await user.get('/sync?timeout=0')) as Joined
  return rooms?.join?.[roomId]?.unread_notifications.notification_count
}

/** No request about a removed event is a fault of the server. */
async function askAboutGone(
  url: string,
  user: TestUser,
  { roomId, eventId }: { roomId: string; eventId: string },
): Promise<void> {
  const [room, event] = [encodeURIComponent(roomId), encodeURIComponent(eventId)]
  const v1 = `/_matrix/client/v1/rooms/${room}`
  const v3 = `/_matrix/client/v3/rooms/${room}`
  const sliding = { lists: { all: { ranges: [[0, 9]], timeline_limit: 20, required_state: [] } } }
  const asked: [method: string, path: string, status: number, body?: unknown][] = [
    ['GET', `${v3}/context/${event}`, 404],
    ['GET', `${v1}/relations/${event}`, 404],
    ['GET', `${v1}/timestamp_to_event?dir=f&ts=0`, 200],
    ['POST', `${v3}/receipt/m.read/${event}`, 200, {}],
    ['POST', `${v3}/read_markers`, 200, { 'm.fully_read': eventId, 'm.read': eventId }],
    ['PUT', `${v3}/redact/${event}/gone`, 404, {}],
    ['POST', `${v3}/report/${event}`, 404, { reason: 'gone' }],
    [
      'PUT',
      `${v3}/send/m.reaction/gone`,
      200,
      {
        'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key: 'x' },
      },
    ],
    ['POST', '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0', 200, sliding],
    ['GET', `/_belfry/v1/journey?event_id=${event}`, 404],
    ['GET', '/_belfry/v1/journeys', 200],
    ['GET', `/_belfry/v1/explain?room_id=${room}&event_id=${event}`, 404],
  ]
  for (const [method, path, status, body] of asked) {
    const found = await call(url + path, { method, token: user.token, body })
    assert.equal(found.status, status, `${method} ${path}: ${JSON.stringify(found.body)}`)
  }
}

onEachServerDatabase('retention of history (MSC1763)', (flagsOf) => {
  test('messages older than max_lifetime are gone for clients, counts, search and waiting notifications; state and the newest event stay', async (t) => {
    const clock = createManualClock()
    const gateway = await startPokeReceiver(t)
    gateway.respondWith({ status: 503 })
    const flags = await flagsOf(t)
    const server = await startTestServer(t, { flags, env: WITH_RETENTION, environment: { clock } })
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const roomId = await bob.createRoom()
    const other = await bob.createRoom()
    const room = encodeURIComponent(roomId)
    for (const one of [roomId, other]) await alice.post(`/join/${encodeURIComponent(one)}`)
    await bob.put(`/rooms/${room}/state/m.room.retention/`, { max_lifetime: 2 * DAY_MS })
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const first = await bob.say(roomId, 'elderberries')
    await gateway.waitFor((poke) => poke.event_id === first)
    const inThread = { 'm.relates_to': { rel_type: 'm.thread', event_id: first } }
    const reply = await bob.say(roomId, 'a reply', inThread)
    const kept = await bob.say(other, 'elderberries, kept')
    const { event_id: topicId } = await bob.put(`/rooms/${room}/state/m.room.topic/`, { topic: 'one' })
    await bob.put(`/rooms/${room}/redact/${encodeURIComponent(String(topicId))}/r1`, {})
    // A reaction to state: the state stays and loses it.
    const reaction = { 'm.relates_to': { rel_type: 'm.annotation', event_id: topicId, key: '👍' } }
    await bob.put(`/rooms/${room}/send/m.reaction/y`, reaction)
    const { event_id: redacted } = await bob.put(`/rooms/${room}/send/m.room.message/x`, {
      msgtype: 'm.text',
      body: 'redacted',
    })
    await bob.put(`/rooms/${room}/redact/${encodeURIComponent(String(redacted))}/r2`, {})
    const newest = await bob.say(roomId, 'the newest')
    assert.equal(await unreadIn(alice, roomId), 3)
    const search = async () => {
      const asked = { search_categories: { room_events: { search_term: 'elderberries' } } }
      return JSON.stringify(await alice.post('/search', asked))
    }
    assert.ok((await search()).includes(first))
    const stateOf = async () => {
      const state = (await alice.get(`/rooms/${room}/state`)) as unknown as { event_id: string }[]
      return state.map((event) => event.event_id)
    }
    const state = await stateOf()

    clock.advance(3 * DAY_MS)
    await eventually(async () => (await alice.try('GET', eventPath(roomId, first))).status === 404)
    for (const gone of [reply, String(redacted)])
      await eventually(async () => (await alice.try('GET', eventPath(roomId, gone))).status === 404)
    const context = await alice.try('GET', `/rooms/${room}/context/${encodeURIComponent(first)}`)
    assert.deepEqual([context.status, context.body['errcode']], [404, 'M_NOT_FOUND'])
    const left = await history(alice, roomId)
    assert.equal(left[0]?.event_id, newest)
    const messages = left.filter((event) => event.type === 'm.room.message')
    assert.deepEqual(
      messages.map((event) => event.event_id),
      [newest],
    )
    // The redaction of a state event stays with it.
    assert.equal(left.filter((event) => event.type === 'm.room.redaction').length, 1)
    assert.deepEqual(await stateOf(), state)
    const found = await search()
    assert.ok(!found.includes(first) && found.includes(kept))
    assert.equal(await unreadIn(alice, roomId), 1)
    assert.equal(await unreadIn(alice, other), 1)
    const { notifications } = await alice.get('/notifications')
    assert.equal((notifications as unknown[]).length, 2)
    for (const path of ['threads', `relations/${encodeURIComponent(String(topicId))}`]) {
      const url = `${server.url}/_matrix/client/v1/rooms/${room}/${path}`
      assert.deepEqual((await call(url, { token: alice.token })).body['chunk'], [], path)
    }

    await askAboutGone(server.url, alice, { roomId, eventId: first })

    // The newest event goes when another one follows. What waited and is gone is not sent.
    const after = await bob.say(roomId, 'after')
    gateway.respondWith({})
    const before = gateway.pokes.length
    clock.advance(HOUR_MS)
    await eventually(async () => (await alice.try('GET', eventPath(roomId, newest))).status === 404)
    await gateway.waitFor((poke) => gateway.pokes.indexOf(poke) >= before && poke.event_id === after)
    const sent = gateway.pokes.slice(before).map((poke) => poke.event_id)
    assert.ok(!sent.includes(first) && !sent.includes(reply), sent.join())
    assert.equal(await unreadIn(alice, roomId), 1)
    await alice.read(roomId, after)
    assert.equal(await unreadIn(alice, roomId), 0)
    const late = { msgtype: 'm.text', body: 'late', ...inThread }
    // Its members still see the thread. Where nothing was removed, a thread needs its first message.
    const lateReply = await bob.put(`/rooms/${room}/send/m.room.message/late`, late)
    assert.equal((await unreadThreadsIn(alice, roomId))[first], 1)
    const lastRead = { thread_id: first }
    await alice.post(
      `/rooms/${room}/receipt/m.read/${encodeURIComponent(String(lateReply['event_id']))}`,
      lastRead,
    )
    assert.deepEqual(await unreadThreadsIn(alice, roomId), {})
    const refused = await bob.try('PUT', `/rooms/${encodeURIComponent(other)}/send/m.room.message/late`, late)
    assert.deepEqual(
      [refused.status, refused.body['error']],
      [400, 'The root of the thread is not in this room'],
    )
    await server.close()
    const checked = await runHere(['verify', '--data', server.data, ...flags])
    assert.equal(checked.code, 0, checked.out + checked.err)
  })

  test('a notification that waits until its message is past the retention is not sent, although the message is not removed yet, and its journey says why', async (t) => {
    const clock = createManualClock()
    const gateway = await startPokeReceiver(t)
    gateway.respondWith({ status: 503 })
    const env = { ...WITH_RETENTION, BELFRY_RETENTION_INTERVAL_MINUTES: String((7 * DAY_MS) / 60_000) }
    const { url } = await startTestServer(t, { flags: await flagsOf(t), env, environment: { clock } })
    const alice = await registerUser(url, 'alice')
    const bob = await registerUser(url, 'bob')
    const [short, shortNewest, long] = [
      await bob.createRoom(),
      await bob.createRoom(),
      await bob.createRoom(),
    ]
    for (const room of [short, shortNewest, long]) await alice.post(`/join/${encodeURIComponent(room)}`)
    const policies = [
      [short, 2 * DAY_MS],
      [shortNewest, 2 * DAY_MS],
      [long, 5 * DAY_MS],
    ] as const
    for (const [room, most] of policies)
      await bob.put(`/rooms/${encodeURIComponent(room)}/state/m.room.retention/`, { max_lifetime: most })
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const past = await bob.say(short, 'past its retention')
    await gateway.waitFor((poke) => poke.event_id === past)
    const newest = await bob.say(shortNewest, 'the newest event of a room stays')
    const kept = await bob.say(long, 'of a room that keeps it for longer')
    for (const room of [short, long])
      await bob.put(`/rooms/${encodeURIComponent(room)}/state/m.room.topic/`, { topic: 'newer' })

    gateway.respondWith({})
    const before = gateway.pokes.length
    clock.advance(3 * DAY_MS)
    for (const id of [newest, kept])
      await gateway.waitFor((poke) => gateway.pokes.indexOf(poke) >= before && poke.event_id === id)
    assert.ok(!gateway.pokes.slice(before).some((poke) => poke.event_id === past))
    const journey = await call(`${url}/_belfry/v1/journey?event_id=${encodeURIComponent(past)}`, {
      token: alice.token,
    })
    const [pusher] = (journey.body as unknown as Journey).pushers
    assert.deepEqual(
      pusher?.steps.map(({ step, reason }) => `${step}: ${reason}`).at(-1),
      'skipped: past retention',
    )
  })

  test('clients can ask which retention applies in their rooms, and only where there is one', async (t) => {
    const path = '/_matrix/client/unstable/org.matrix.msc1763/retention/configuration'
    const off = await startTestServer(t, { flags: await flagsOf(t) })
    const carol = await registerUser(off.url, 'carol')
    const absent = await call(off.url + path, { token: carol.token })
    assert.deepEqual([absent.status, absent.body['errcode']], [404, 'M_UNRECOGNIZED'])

    const env = {
      ...WITH_RETENTION,
      BELFRY_RETENTION_DEFAULT_DAYS: '30',
      BELFRY_RETENTION_LEAST_DAYS: '7',
      BELFRY_RETENTION_MOST_DAYS: '60',
    }
    const { url } = await startTestServer(t, { flags: await flagsOf(t), env })
    const alice = await registerUser(url, 'alice')
    const bob = await registerUser(url, 'bob')
    const policies: unknown[] = [
      { max_lifetime: DAY_MS },
      { max_lifetime: 10 * DAY_MS },
      { max_lifetime: 90 * DAY_MS },
      { min_lifetime: 40 * DAY_MS },
      { max_lifetime: 'for ever' },
    ]
    const rooms: string[] = []
    for (const policy of policies) {
      const room = await bob.createRoom()
      await bob.put(`/rooms/${encodeURIComponent(room)}/state/m.room.retention/`, policy)
      rooms.push(room)
    }
    await bob.createRoom()
    const [of = ''] = rooms
    const invited = rooms[1] ?? ''
    await alice.post(`/join/${encodeURIComponent(of)}`)
    await bob.post(`/rooms/${encodeURIComponent(invited)}/invite`, { user_id: alice.userId })
    const limits = { max_lifetime: { min: 7 * DAY_MS, max: 60 * DAY_MS } }
    const inDays = (days: number) => ({ max_lifetime: days * DAY_MS })
    const asked = await call(url + path, { token: bob.token })
    assert.deepEqual(
      [asked.status, asked.body],
      [
        200,
        {
          policies: {
            '*': inDays(30),
            ...Object.fromEntries([7, 10, 60, 40, 30].map((days, at) => [rooms[at], inDays(days)])),
          },
          limits,
        },
      ],
    )
    const { body } = await call(url + path, { token: alice.token })
    assert.deepEqual(body, { policies: { '*': inDays(30), [of]: inDays(7) }, limits })
    assert.equal((await call(url + path)).status, 401)
  })

  test('the default of the server holds for rooms without a policy, many messages are removed in batches, and nothing is removed while it is off', async (t) => {
    const clock = createManualClock()
    const flags = await flagsOf(t)
    const off = await startTestServer(t, { flags, environment: { clock } })
    const bob = await registerUser(off.url, 'bob')
    const roomId = await bob.createRoom()
    const sent = await Promise.all(Array.from({ length: 250 }, (_, at) => bob.say(roomId, `message ${at}`)))
    const newest = await bob.say(roomId, 'newest')
    clock.advance(100 * DAY_MS)
    assert.equal((await bob.try('GET', eventPath(roomId, String(sent[0])))).status, 200)
    await off.close()
    const env = { ...WITH_RETENTION, BELFRY_RETENTION_DEFAULT_DAYS: '30' }
    const on = await startTestServer(t, { data: off.data, flags, env, environment: { clock } })
    const get = (path: string) =>
      call(`${on.url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}${path}`, { token: bob.token })
    await eventually(async () => {
      // The pauses between batches.
      clock.advance(100)
      const { body } = await get('/messages?dir=b&limit=1000')
      const messages = (body['chunk'] as { event_id: string; type: string }[]).filter(
        (event) => event.type === 'm.room.message',
      )
      return messages.length === 1 && messages[0]?.event_id === newest
    })
  })
})

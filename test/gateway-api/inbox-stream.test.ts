import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { inboxRoutes } from '../../src/gateway-api/inbox.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { createConfiguredInboxes } from '../../src/gateway/inbox.ts'
import { makeInboxStore } from '../../src/gateway/inbox-store.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { alice, bearer, startServer } from '../http/server-fixture.ts'
import { wordsOf } from '../support/words.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'

async function serve(db: Database) {
  const clock = createManualClock()
  const store = makeInboxStore({ db, bus: createLocalBus(), clock, maxBytes: 1e9 })
  let hasEnded = false
  const { server, [Symbol.asyncDispose]: close } = startServer(
    inboxRoutes({
      store,
      clock,
      wordsOf,
      configured: createConfiguredInboxes(),
      random: systemRandom,
      isSignedIn: async () => !hasEnded,
    }),
  )
  const { url } = await server.listen()
  const add = (pushkey: string, event_id: string) =>
    db.transaction((tx) =>
      store.add(
        tx,
        { userId: alice.userId, pushkey },
        {
          text: JSON.stringify({ event_id, devices: [{ app_id: 'a', pushkey }] }),
          receivedAt: clock.now(),
        },
      ),
    )
  return { url, clock, store, add, endSession: () => (hasEnded = true), close, [Symbol.asyncDispose]: close }
}

/** Reads the stream as a browser does. */
async function listen(t: TestContext, url: string, headers: Record<string, string> = {}) {
  const ending = new AbortController()
  afterTest(t, () => ending.abort())
  const response = await fetch(url, { headers: { ...bearer, ...headers }, signal: ending.signal })
  let text = ''
  const reading = (async () => {
    if (response.body === null) return
    const decoder = new TextDecoder()
    for await (const chunk of response.body) text += decoder.decode(chunk as Uint8Array, { stream: true })
  })()
  reading.catch(() => undefined)
  const blocks = () => text.split('\n\n').slice(0, -1)
  const events = () =>
    blocks()
      .filter((block) => block.startsWith('id: '))
      .map((block) => {
        const [, id = '', data = ''] = /^id: (\d+)\ndata: (.*)$/.exec(block) ?? []
        const { notification } = JSON.parse(data) as { notification: { event_id: string } }
        return { id, eventId: notification.event_id }
      })
  if (response.status === 200) await eventually(() => blocks().length > 0)
  return { response, blocks, events, reading, end: () => ending.abort() }
}

onEachDatabase('GET /inbox/{pushkey}/stream', (open) => {
  test('sends new notifications, and after a reconnection the missed ones', async (t) => {
    await using api = await serve(await open(t))
    const url = `${api.url}/_belfry/v1/inbox/${encodeURIComponent('a/b ü')}/stream`
    await api.add('a/b ü', '$before')
    const first = await listen(t, url)
    assert.equal(first.response.headers.get('content-type'), 'text/event-stream')
    assert.deepEqual(first.events(), [], 'an earlier notification is not sent')
    await api.add('a/b ü', '$1')
    await api.add('another', '$other')
    await api.add('a/b ü', '$2')
    await eventually(() => first.events().length === 2)
    const [one, two] = first.events()
    assert.deepEqual([one?.eventId, two?.eventId], ['$1', '$2'])
    first.end()
    await api.add('a/b ü', '$3')
    const again = await listen(t, `${url}?last_event_id=0`, { 'Last-Event-ID': one?.id ?? '' })
    await eventually(() => again.events().length === 2)
    assert.deepEqual(
      again.events().map(({ eventId }) => eventId),
      ['$2', '$3'],
    )
    const all = await listen(t, `${url}?last_event_id=0`)
    await eventually(() => all.events().length === 4)
  })
})

test('an idle inbox stream sends heartbeats, and ends when the server closes', async (t) => {
  await using api = await serve(await openTestSqlite(t))
  const stream = await listen(t, `${api.url}/_belfry/v1/inbox/key/stream`)
  for (const count of [2, 3]) {
    await eventually(() => {
      if (stream.blocks().length >= count) return true
      api.clock.advance(5000)
      return false
    })
  }
  assert.ok(stream.blocks().every((block) => block === ':'))
  await api.close()
  await stream.reading
})

test('an inbox stream returns 429 when the address has 20 streams, and 400 for a malformed last_event_id', async (t) => {
  await using api = await serve(await openTestSqlite(t))
  const url = `${api.url}/_belfry/v1/inbox/key/stream`
  const streams = await Promise.all(Array.from({ length: 20 }, () => listen(t, url)))
  const refused = await fetch(url, { headers: bearer })
  assert.equal(refused.status, 429)
  assert.equal(((await refused.json()) as { errcode: string }).errcode, 'M_LIMIT_EXCEEDED')
  streams[0]?.end()
  await eventually(async () => {
    const next = await fetch(url, { headers: bearer })
    await next.body?.cancel()
    return next.status === 200
  })
  const bad = await fetch(`${url}?last_event_id=x`, { headers: bearer })
  assert.equal(bad.status, 400)
})

test('an inbox stream ends without further events when the session of its reader has ended', async (t) => {
  await using api = await serve(await openTestSqlite(t))
  const stream = await listen(t, `${api.url}/_belfry/v1/inbox/key/stream`)
  await api.add('key', '$1')
  await eventually(() => stream.events().length === 1)
  api.endSession()
  await api.add('key', '$2')
  await stream.reading
  assert.deepEqual(
    stream.events().map(({ eventId }) => eventId),
    ['$1'],
  )
})

test('a stream of an opened inbox needs no access token, and ends when the inbox is closed', async (t) => {
  await using api = await serve(await openTestSqlite(t))
  const opened = await fetch(`${api.url}/_belfry/v1/inbox`, { method: 'POST', headers: bearer })
  const { pushkey } = (await opened.json()) as { pushkey: string }
  const stream = await listen(t, `${api.url}/_belfry/v1/inbox/${pushkey}/stream`, { authorization: '' })
  await api.add(pushkey, '$1')
  await eventually(() => stream.events().length === 1)
  const closed = await fetch(`${api.url}/_belfry/v1/inbox/${pushkey}`, { method: 'DELETE', headers: bearer })
  assert.equal(closed.status, 200)
  api.clock.advance(15_000)
  await stream.reading
})

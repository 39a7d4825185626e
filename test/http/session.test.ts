import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventStream } from '../../src/http/event-stream.ts'
import { defineRoute } from '../../src/http/route.ts'
import { alice, bearer, startServer } from './server-fixture.ts'
import { inject } from '../support/inject.ts'

/** A server with one session, which can end with or without a message on the bus. */
function startWithSession(routes: Parameters<typeof startServer>[0]) {
  let isGood = true
  const watchers = new Set<() => void>()
  const fixture = startServer(routes, {
    authenticate: () => Promise.resolve(isGood ? alice : undefined),
    watchSessions(_requester, listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
  })
  return {
    ...fixture,
    watchers,
    endSession({ isAnnounced }: { isAnnounced: boolean }) {
      isGood = false
      if (isAnnounced) for (const watcher of watchers) watcher()
    },
  }
}

for (const isAnnounced of [true, false])
  test(`an event stream ends with its session and sends no further event, ${isAnnounced ? 'with' : 'without'} a message on the bus`, async () => {
    const nextEvent = Promise.withResolvers<void>()
    async function* events(signal: AbortSignal) {
      yield { data: 'before' }
      const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      await Promise.race([nextEvent.promise, ended])
      yield { data: 'after' }
      await ended
    }
    const route = defineRoute({
      method: 'GET',
      path: '/events',
      auth: 'user',
      limit: 'push',
      handler: ({ signal }) => eventStream(events(signal)),
    })
    const fixture = startWithSession([route])
    const { url } = await fixture.server.listen()
    const response = await fetch(`${url}/events`, { headers: bearer })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const first = await reader.read()
    assert.match(Buffer.from(first.value ?? []).toString(), /before/)
    fixture.endSession({ isAnnounced })
    if (!isAnnounced) nextEvent.resolve()
    assert.deepEqual(await reader.read(), { done: true, value: undefined })
    await fixture.server.close()
    assert.equal(fixture.watchers.size, 0, 'no session is watched any more')
  })

test('the session of a request that does not wait is not watched', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/now',
    auth: 'user',
    limit: 'default',
    handler: () => {
      fixture.endSession({ isAnnounced: true })
      return { watched: fixture.watchers.size }
    },
  })
  const fixture = startWithSession([route])
  const result = await inject(fixture.server, { method: 'GET', url: '/now', headers: bearer })
  assert.deepEqual([result.statusCode, result.json()], [200, { watched: 0 }])
  await fixture.server.close()
})

test('a handler that can wait but does not returns 401 when its session ends before it reads', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/news',
    auth: 'user',
    limit: 'default',
    handler: ({ ending }) => {
      fixture.endSession({ isAnnounced: false })
      return { isOver: ending.aborted }
    },
  })
  const fixture = startWithSession([route])
  const result = await inject(fixture.server, { method: 'GET', url: '/news', headers: bearer })
  assert.equal(result.statusCode, 401)
  await fixture.server.close()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { RequestContext } from '../../src/http/context.ts'
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

for (const isRead of [true, false])
  test(`a handler that can wait, whose session ends ${isRead ? 'after it was read with the data, returns them' : 'before it reads, returns 401'}`, async () => {
    const route = defineRoute({
      method: 'GET',
      path: '/news',
      auth: 'user',
      limit: 'default',
      handler: ({ ending }) => {
        if (isRead) ending.readWithSession?.()
        fixture.endSession({ isAnnounced: false })
        return { isOver: ending.aborted }
      },
    })
    const fixture = startWithSession([route])
    const result = await inject(fixture.server, { method: 'GET', url: '/news', headers: bearer })
    assert.equal(result.statusCode, isRead ? 200 : 401)
    if (isRead) assert.deepEqual(result.json(), { isOver: false })
    await fixture.server.close()
  })

test('a signal that is read after the session has ended during a wait is aborted', async () => {
  const route = defineRoute({
    method: 'GET',
    path: '/news',
    auth: 'user',
    limit: 'default',
    handler: async (context) => {
      const { ending } = context
      const ended = new Promise<void>((resolve) => ending.addEventListener('abort', resolve))
      fixture.endSession({ isAnnounced: true })
      await ended
      seen.push(context.signal.aborted, (context.signal.reason as Error).message)
      return {}
    },
  })
  const seen: unknown[] = []
  const fixture = startWithSession([route])
  const result = await inject(fixture.server, { method: 'GET', url: '/news', headers: bearer })
  assert.equal(result.statusCode, 401)
  assert.deepEqual(seen, [true, 'This access token is unknown. Log in again'])
  await fixture.server.close()
})

test('a request that waits keeps neither its URL nor its headers, query and body', async () => {
  const route = defineRoute({
    method: 'POST',
    path: '/wait',
    auth: 'user',
    limit: 'default',
    query: z.object({ since: z.string() }),
    body: z.object({ lists: z.string() }),
    handler: (context) => {
      const { query, body, ending } = context
      ending.addEventListener('abort', () => undefined)
      const { request } = context as unknown as RequestContext
      const kept = [context.query, context.body, request.url, request.headers, request.rawHeaders]
      return { query, body, kept: kept.map((one) => one ?? null) }
    },
  })
  const fixture = startWithSession([route])
  const result = await inject(fixture.server, {
    method: 'POST',
    url: '/wait?since=s1',
    headers: bearer,
    payload: { lists: 'all' },
  })
  assert.deepEqual(result.json(), {
    query: { since: 's1' },
    body: { lists: 'all' },
    kept: [null, null, '', {}, []],
  })
  await fixture.server.close()
})

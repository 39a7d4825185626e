import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { crashRun } from '../soak/crash-run.ts'
import { oneServer } from '../soak/crash-target.ts'
import { call, foundingPusher, loginUser, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { newDataFolder } from '../support/databases.ts'
import { startProcess } from '../support/process.ts'
import { untilSyncsWait } from '../support/waiting-syncs.ts'

describe('the end of the process', () => {
  // The long run is `npm run soak`.
  test('repeated SIGKILL while messages are sent loses, adds and reorders no poke', async (t) => {
    const data = newDataFolder(t)
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
    t.diagnostic(`seed ${seed}; set TEST_SEED to repeat it`)
    const database = `sqlite:${join(data, 'belfry.db')}`
    await using target = oneServer({ data, database })
    const { problems, figures } = await crashRun({
      seed,
      kills: 3,
      target,
      database,
      size: { rooms: 3, senders: 4, receivers: 9 },
      longestLife: 500,
      acknowledgedPerLife: 5,
      longestQueue: 100,
    })
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(problems, [], `seed ${seed}`)
    assert.ok(figures.acknowledged >= 15, 'each process had acknowledged messages before it was killed')
  })

  test('repeated SIGKILL while messages are sent loses and repeats no notification of an inbox', async (t) => {
    const data = newDataFolder(t)
    // The URL of the own gateway stays the same although the port changes.
    const settings = { BELFRY_PUBLIC_URL: 'http://belfry.test' }
    const acknowledged: string[] = []
    let server = await startProcess(t, data, settings)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const url = 'http://belfry.test/_matrix/push/v1/notify'
    await alice.post('/pushers/set', {
      ...foundingPusher(url, { pushkey: 'phone' }),
      app_id: 'org.belfry.inbox',
    })
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    for (const untilKill of [1, 5, 10]) {
      const sender = await loginUser(server.url, 'bob')
      const isEnough = Promise.withResolvers<void>()
      const target = acknowledged.length + untilKill
      const sending = Array.from({ length: 12 }, async (_, n) => {
        acknowledged.push(await sender.say(roomId, `message ${n} of ${untilKill}`))
        if (acknowledged.length >= target) isEnough.resolve()
      })
      const settled = Promise.allSettled(sending)
      await isEnough.promise
      await server.end('SIGKILL')
      await settled
      server = await startProcess(t, data, settings)
    }
    const inbox = async () => {
      const { body } = await call(`${server.url}/_belfry/v1/inbox/phone`, { token: alice.token })
      const entries = body['notifications'] as { notification: { event_id?: string } }[]
      return entries.flatMap(({ notification }) => notification.event_id ?? [])
    }
    await eventually(async () => {
      const received = new Set(await inbox())
      return acknowledged.every((eventId) => received.has(eventId))
    })
    const received = await inbox()
    assert.equal(new Set(received).size, received.length, 'no event is stored twice')
    assert.equal(await server.end('SIGTERM'), 0)
  })

  test('SIGTERM finishes requests in flight and exits 0', async (t) => {
    const server = await startProcess(t, newDataFolder(t))
    const alice = await registerUser(server.url, 'alice')
    const { next_batch: since } = await alice.get('/sync')
    const waiting = alice.get(`/sync?timeout=30000&since=${String(since)}`)
    await untilSyncsWait(server.url, 1)
    assert.equal(await server.end('SIGTERM'), 0)
    assert.equal(typeof (await waiting)['next_batch'], 'string', 'the long poll got a response')
  })
})

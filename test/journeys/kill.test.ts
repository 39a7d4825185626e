import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { crashRun } from '../soak/crash-run.ts'
import { call, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/databases.ts'
import { startProcess } from '../support/process.ts'

describe('the end of the process', () => {
  // The long run is `npm run soak`.
  test('repeated SIGKILL while messages are sent loses, adds and reorders no poke', async (t) => {
    const data = temporaryFolder(t)
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)
    t.diagnostic(`seed ${seed}; set TEST_SEED to repeat it`)
    const { problems, figures } = await crashRun({
      seed,
      kills: 4,
      data,
      database: `sqlite:${join(data, 'belfry.db')}`,
      size: { rooms: 3, senders: 4, receivers: 9 },
      longestLife: 500,
      acknowledgedPerLife: 5,
      mostOwed: 1000,
    })
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(problems, [], `seed ${seed}`)
    assert.ok(figures.acknowledged >= 20, 'each process had acknowledged messages before it was killed')
  })

  test('SIGTERM finishes requests in flight and exits 0', async (t) => {
    const server = await startProcess(t, temporaryFolder(t))
    const alice = await registerUser(server.url, 'alice')
    const { next_batch: since } = await alice.get('/sync')
    const waiting = alice.get(`/sync?timeout=30000&since=${String(since)}`)
    // The long poll, and the request for the metric.
    await eventually(async () => {
      const { body } = await call(`${server.url}/metrics`)
      return /^belfry_http_requests_in_flight 2$/m.test(String(body['text']))
    })
    assert.equal(await server.end('SIGTERM'), 0)
    assert.equal(typeof (await waiting)['next_batch'], 'string', 'the long poll got a response')
  })
})

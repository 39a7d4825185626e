import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthRoutes } from '../../src/http/health.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { startServer } from './server-fixture.ts'

const silent = createLog({ level: 'silent' })

test('health is 200 when every check is well, else 503 without the reason', async () => {
  const metrics = createMetrics({ processMetrics: false })
  let fails = false
  const checks = {
    database: () => (fails ? Promise.reject(new Error('password of the database')) : Promise.resolve()),
    bus: () => Promise.resolve(),
  }
  await using fixture = startServer(healthRoutes({ checks, metrics, log: silent }))
  const well = await fixture.server.inject({ url: '/health' })
  assert.deepEqual(
    [well.statusCode, well.json()],
    [200, { status: 'ok', checks: { database: 'ok', bus: 'ok' } }],
  )
  fails = true
  const ill = await fixture.server.inject({ url: '/health' })
  assert.deepEqual(
    [ill.statusCode, ill.json()],
    [503, { status: 'failing', checks: { database: 'failing', bus: 'ok' } }],
  )
})

test('a check that hangs has failed', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const checks = { database: () => new Promise<void>(() => undefined) }
  await using fixture = startServer(healthRoutes({ checks, metrics, log: silent, timeoutMs: 5 }))
  assert.equal((await fixture.server.inject({ url: '/health' })).statusCode, 503)
})

test('metrics are in the text format, requests among them by pattern', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.counter('belfry_things_total', 'Things').inc(3)
  await using fixture = startServer(healthRoutes({ checks: {}, metrics, log: silent }))
  await fixture.server.inject({ url: '/health?x=1' })
  await fixture.server.inject({ url: '/no/such/path' })
  const own = await fixture.metrics.registry.metrics()
  assert.match(own, /belfry_http_request_seconds_count\{method="GET",route="\/health",status="200"\} 1/)
  assert.match(own, /belfry_http_request_seconds_count\{method="GET",route="unmatched",status="404"\} 1/)
  assert.doesNotMatch(own, /such/)
  const scraped = await fixture.server.inject({ url: '/metrics' })
  assert.match(String(scraped.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.match(scraped.body, /^belfry_things_total 3$/m)
})

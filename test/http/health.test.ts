import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthRoutes } from '../../src/http/health.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { metricsRoute, createScrape } from '../../src/http/metrics.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startServer } from './server-fixture.ts'
import { inject } from '../support/inject.ts'

const silent = createLog({ level: 'silent' })

test('/health returns 200 if every check passes, else 503 without the reason', async () => {
  const clock = createManualClock()
  let fails = false
  const checks = {
    database: () => (fails ? Promise.reject(new Error('password of the database')) : Promise.resolve()),
    bus: () => Promise.resolve(),
  }
  await using fixture = startServer(healthRoutes({ checks, clock, log: silent }))
  const well = await inject(fixture.server, { url: '/health' })
  assert.deepEqual(
    [well.statusCode, well.json()],
    [200, { status: 'ok', checks: { database: 'ok', bus: 'ok' } }],
  )
  fails = true
  clock.advance(1000)
  const ill = await inject(fixture.server, { url: '/health' })
  assert.deepEqual(
    [ill.statusCode, ill.json()],
    [503, { status: 'failing', checks: { database: 'failing', bus: 'ok' } }],
  )
})

test('a hanging check fails after its timeout', async () => {
  const clock = createManualClock()
  let asked = 0
  const checks = {
    database: () => {
      asked++
      return new Promise<void>(() => undefined)
    },
  }
  await using fixture = startServer(healthRoutes({ checks, clock, log: silent, timeoutMs: 5 }))
  assert.equal((await inject(fixture.server, { url: '/health' })).statusCode, 503)
  clock.advance(60_000)
  assert.equal((await inject(fixture.server, { url: '/health' })).statusCode, 503)
  assert.equal(asked, 1, 'a hanging check is not started again')
})

test('/metrics uses the text format and counts requests by route pattern', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const clock = createManualClock()
  metrics.counter('belfry_things_total', 'Things').inc(3)
  await using fixture = startServer([
    ...healthRoutes({ checks: {}, clock, log: silent }),
    metricsRoute(createScrape(metrics, clock)),
  ])
  await inject(fixture.server, { url: '/health?x=1' })
  await inject(fixture.server, { url: '/no/such/path' })
  const own = await fixture.metrics.registry.metrics()
  assert.match(own, /belfry_http_request_seconds_count\{method="GET",route="\/health",status="200"\} 1/)
  assert.match(own, /belfry_http_request_seconds_count\{method="GET",route="unmatched",status="404"\} 1/)
  assert.doesNotMatch(own, /such/)
  const scraped = await inject(fixture.server, { url: '/metrics' })
  assert.match(String(scraped.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.match(scraped.body, /^belfry_things_total 3$/m)
})

test('all requests for /health and /ready within a second share one check, also if it fails', async () => {
  const clock = createManualClock()
  let asked = 0
  let fails = false
  const database = async () => {
    asked++
    if (fails) throw new Error('no space')
  }
  const lines: string[] = []
  const log = createLog({ level: 'warn', stream: { write: (line: string) => void lines.push(line) } })
  await using fixture = startServer(healthRoutes({ checks: { database }, clock, log }))
  const ask = (url: string) => inject(fixture.server, { url }).then(({ statusCode }) => statusCode)
  const askAll = () =>
    Promise.all(Array.from({ length: 50 }, (_, at) => ask(at % 2 === 0 ? '/health' : '/ready')))
  assert.deepEqual(new Set(await askAll()), new Set([200]))
  clock.advance(999)
  assert.deepEqual(new Set(await askAll()), new Set([200]))
  assert.equal(asked, 1)
  fails = true
  clock.advance(1)
  assert.deepEqual(new Set(await askAll()), new Set([503]))
  assert.deepEqual(new Set(await askAll()), new Set([503]))
  assert.equal(asked, 2)
  assert.equal(lines.length, 1, 'the failure is logged once')
  clock.step(-3_600_000)
  assert.equal(await ask('/health'), 503)
  assert.equal(asked, 3, 'a result is not kept when the clock is set back')
})

test('metrics are rendered at most once a second', async (t) => {
  const clock = createManualClock()
  const metrics = createMetrics({ processMetrics: false })
  const rendered = t.mock.method(metrics.registry, 'metrics')
  await using fixture = startServer([metricsRoute(createScrape(metrics, clock))])
  const askAll = () =>
    Promise.all(Array.from({ length: 50 }, () => inject(fixture.server, { url: '/metrics' })))
  await askAll()
  await askAll()
  assert.equal(rendered.mock.callCount(), 1)
  clock.advance(1000)
  await askAll()
  assert.equal(rendered.mock.callCount(), 2)
})

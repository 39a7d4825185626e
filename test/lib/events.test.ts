import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEvents } from '../../src/lib/events.ts'
import { createLog } from '../../src/lib/log.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { createManualClock } from '../support/manual-clock.ts'

function logged() {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const metrics = createMetrics({ processMetrics: false })
  const clock = createManualClock()
  return {
    lines,
    metrics,
    clock,
    events: createEvents({ log: createLog({ level: 'info', stream }), metrics, clock }),
  }
}

test('each business event is counted, and a first failure is logged once', async () => {
  const { lines, metrics, events } = logged()
  events.pokeSent({ kind: 'event', pusherId: 1, ms: 20 })
  events.pokeSkipped({ pusherId: 1, reason: 'read' })
  for (const attempts of [1, 2])
    events.pusherFailing({ pusherId: 1, error: `status 50${attempts}`, attempts, nextAttemptAt: 5 })
  events.pokeDropped({ kind: 'event', pusherId: 1, error: 'status 400' })
  events.pokeSkipped({ pusherId: 1, reason: 'collapsed', count: 9 })
  events.gatewayDown({ error: 'timeout' })
  events.gatewayBack({ held: 3 })
  events.pusherRejected({ pusherId: 1 })

  const text = await metrics.registry.metrics()
  for (const line of [
    'belfry_pokes_sent_total{kind="event"} 1',
    'belfry_pokes_skipped_total{reason="read"} 1',
    'belfry_poke_failures_total{error="status 5xx"} 2',
    'belfry_pokes_skipped_total{reason="collapsed"} 9',
    'belfry_pokes_dropped_total{kind="event"} 1',
    'belfry_gateway_outages_total 1',
    'belfry_pushers_rejected_total 1',
    'belfry_poke_seconds_count 1',
  ])
    assert.ok(text.includes(line), line)
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    [
      'pusher failing',
      'poke dropped',
      'gateway down',
      'gateway back',
      'pusher rejected by its gateway and removed',
    ],
  )
})

test('a thousand failing pushers of one gateway write twenty log lines and are all counted', async () => {
  const { lines, metrics, clock, events } = logged()
  const fail = (pusherId: number, error: string) =>
    events.pusherFailing({ pusherId, error, attempts: 1, nextAttemptAt: 5 })
  for (let pusherId = 0; pusherId < 1000; pusherId++) fail(pusherId, 'timeout')
  assert.equal(lines.length, 20)
  fail(1000, 'dns')
  assert.equal(lines.length, 21, 'another fault is news')
  clock.advance(10_000)
  fail(1001, 'timeout')
  fail(1002, 'timeout')
  assert.deepEqual([lines.length, lines.at(-1)?.['pusher_id']], [22, 1001])
  assert.match(await metrics.registry.metrics(), /belfry_poke_failures_total\{error="timeout"\} 1002/)
})

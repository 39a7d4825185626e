import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricsPage } from '../../scripts/print-metrics.ts'

test('docs/metrics.md lists the metrics that a server registers (npm run docs:metrics)', async () => {
  const page = await metricsPage()
  assert.ok(page.includes('belfry_pokes_sent_total') && page.includes('sygnal_notifications_received'))
  assert.equal(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8'), page)
})

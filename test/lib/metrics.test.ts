import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMetrics } from '../../src/lib/metrics.ts'

describe('createMetrics', () => {
  test('the first rendering contains the metrics of the process, and later ones contain them once', async () => {
    const { render } = createMetrics({ processMetrics: true })
    const [first, second] = await Promise.all([render(), render()])
    for (const text of [first, second, await render()])
      for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'belfry_build_info'])
        assert.equal(text.match(new RegExp(`^# TYPE ${name} `, 'gm'))?.length, 1, name)
  })

  test('contains no metrics of the process unless requested', async () => {
    assert.doesNotMatch(await createMetrics({ processMetrics: false }).render(), /^process_/m)
  })
})

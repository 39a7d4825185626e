import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBlastGuard } from '../../src/gateway/blast-guard.ts'

const gone = { kind: 'rejected', status: 410, reason: 'status 410' } as const

test('a burst of rejections after a start is an alarm, and nothing is believed until something is delivered', () => {
  const guard = createBlastGuard()
  const beliefs = Array.from({ length: 11 }, (_, at) => guard.rejected(gone, `device ${at}`))
  assert.deepEqual(
    beliefs.slice(0, 9),
    Array.from({ length: 9 }, () => 'believed'),
  )
  assert.deepEqual(beliefs.slice(9), ['alarm', 'held'])
  guard.delivered()
  assert.equal(guard.rejected(gone, 'device 12'), 'believed')
})

test('what no configuration can bring about is believed, and alarms nobody', () => {
  const guard = createBlastGuard()
  for (let at = 0; at < 100; at++)
    assert.equal(guard.rejected({ ...gone, isCertain: true }, `device ${at}`), 'believed')
  assert.equal(guard.isAlarmed(), false)
})

test('a pushkey that is no token is believed unasked, unless another configuration would make it one', () => {
  const guard = createBlastGuard()
  const unfit = { kind: 'rejected', reason: 'pushkey is no device token' } as const
  for (let at = 0; at < 100; at++) assert.equal(guard.rejected(unfit, `device ${at}`), 'believed')
  assert.equal(guard.rejected({ ...unfit, isDoubtful: true }, 'a'), 'held')
})

test('a doubtful one is held until the app has delivered something', () => {
  const guard = createBlastGuard()
  const doubtful = { ...gone, isDoubtful: true }
  assert.equal(guard.rejected(doubtful, 'a'), 'held')
  guard.delivered()
  assert.equal(guard.rejected(doubtful, 'a'), 'believed')
})

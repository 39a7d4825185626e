import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRejectionGuard } from '../../src/gateway/rejection-guard.ts'

const gone = { kind: 'rejected', status: 410, reason: 'status 410' } as const

test('a burst of rejections after a start raises an alarm, and further rejections are doubted until a delivery', () => {
  const guard = createRejectionGuard()
  const beliefs = Array.from({ length: 11 }, (_, at) => guard.rejected(gone, `device ${at}`))
  assert.deepEqual(
    beliefs.slice(0, 9),
    Array.from({ length: 9 }, () => 'believed'),
  )
  assert.deepEqual(beliefs.slice(9), ['alarm', 'doubted'])
  guard.delivered()
  assert.equal(guard.rejected(gone, 'device 12'), 'believed')
})

test('a certain rejection is believed, and raises no alarm', () => {
  const guard = createRejectionGuard()
  for (let at = 0; at < 100; at++)
    assert.equal(guard.rejected({ ...gone, isCertain: true }, `device ${at}`), 'believed')
  assert.equal(guard.isAlarmed(), false)
})

test('a malformed pushkey is believed without an attempt, unless another configuration could accept it', () => {
  const guard = createRejectionGuard()
  const unfit = { kind: 'rejected', reason: 'pushkey is no device token' } as const
  for (let at = 0; at < 100; at++) assert.equal(guard.rejected(unfit, `device ${at}`), 'believed')
  assert.equal(guard.rejected({ ...unfit, isDoubtful: true }, 'a'), 'doubted')
})

test('a doubtful rejection does not count until the app has delivered a push', () => {
  const guard = createRejectionGuard()
  const doubtful = { ...gone, isDoubtful: true }
  assert.equal(guard.rejected(doubtful, 'a'), 'doubted')
  guard.delivered()
  assert.equal(guard.rejected(doubtful, 'a'), 'believed')
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type StoredGatewayStep,
  type JourneyPusher,
  pusherSteps,
  currentStep,
} from '../../src/trace/journey.ts'
import type { StoredStep } from '../../src/trace/steps-store.ts'

const stored = (at: number, step: string, changes: Partial<StoredStep> = {}) => ({
  pusherId: 1,
  position: 1,
  at,
  step,
  reason: null,
  status: null,
  ms: null,
  ...changes,
})
const pusher: JourneyPusher = {
  pusherId: 1,
  appId: 'app',
  pushkeyHash: 'hash',
  appDisplayName: 'App',
  deviceDisplayName: 'Phone',
  createdAt: 0,
  removedAt: null,
  wasOn: true,
  isPending: false,
  queuedAt: null,
  failing: null,
  kept: [],
  gateway: [],
}
const notified = { at: 100, notifies: true }
const journeyOf = (changes: Partial<JourneyPusher>, event: Parameters<typeof pusherSteps>[1] = notified) => {
  const steps = pusherSteps({ ...pusher, ...changes }, event)
  return {
    steps,
    stepsAndReasons: steps.map(({ step, reason }) => `${step}: ${reason}`),
    current: currentStep(steps)?.step,
  }
}

describe('the steps of an event for a pusher', () => {
  test('number the attempts in order, and end with the final step', () => {
    const { steps, stepsAndReasons, current } = journeyOf({
      kept: [
        stored(101, 'held', { reason: 'circuit open' }),
        stored(102, 'failed', { reason: 'timeout', ms: 30_000 }),
        stored(103, 'rejected too late', { status: 200, ms: 1 }),
        stored(104, 'sent', { status: 200, ms: 2 }),
      ],
    })
    assert.deepEqual(stepsAndReasons, [
      'waiting: queued',
      'held: circuit open',
      'attempt: failed',
      'attempt: rejected too late',
      'attempt: taken',
      'sent: sent',
    ])
    assert.deepEqual(
      steps.flatMap(({ attempt }) => attempt ?? []),
      [1, 2, 3],
    )
    assert.equal(current, 'sent')
  })

  test('end with "waiting" while the gateway fails', () => {
    const failing = { nextAttemptAt: 500, error: 'dns', at: 102 }
    const { stepsAndReasons, current } = journeyOf({
      queuedAt: 100,
      failing,
      kept: [stored(102, 'failed', { reason: 'dns' })],
    })
    assert.deepEqual(stepsAndReasons, ['waiting: queued', 'attempt: failed', 'waiting: gateway failing'])
    assert.equal(current, 'waiting')
    assert.equal(
      journeyOf({ failing, kept: [stored(101, 'sent')] }).current,
      'sent',
      'the pusher fails for a later event',
    )
  })

  test('contain the steps of the gateway in order of time, and none of them is the current step', () => {
    const step: StoredGatewayStep = {
      at: 102,
      attempt: 1,
      outcome: 'retry',
      reason: 'ServiceUnavailable',
      status: 503,
      provider_id: null,
      ms: 9,
    }
    const gateway = [step, { ...step, at: 200, attempt: 2, outcome: 'rejected' }]
    const { steps, stepsAndReasons, current } = journeyOf({ kept: [stored(103, 'sent')], gateway })
    assert.deepEqual(stepsAndReasons, [
      'waiting: queued',
      'gateway: retry',
      'attempt: taken',
      'sent: sent',
      'gateway: rejected',
    ])
    assert.deepEqual([steps[1]?.error, steps[1]?.status, steps[1]?.attempt], ['ServiceUnavailable', 503, 1])
    assert.equal(current, 'sent')
  })

  test('have the reason with the highest precedence when nothing was queued', () => {
    const reasonsFor = (changes: Partial<JourneyPusher>, notifies: boolean | undefined = true) =>
      journeyOf(changes, { at: 100, notifies }).stepsAndReasons
    assert.deepEqual(reasonsFor({ createdAt: 101, wasOn: false }), ['not queued: set after the event'])
    assert.deepEqual(reasonsFor({ isPending: true }), ['not queued: not activated'])
    assert.deepEqual(reasonsFor({ wasOn: false }), ['not queued: pusher disabled'])
    assert.deepEqual(reasonsFor({}, false), ['not queued: does not notify'])
    assert.deepEqual(reasonsFor({}), ['not queued: not recorded'])
    assert.deepEqual(journeyOf({}, { at: 100, notifies: undefined }).stepsAndReasons, [
      'not queued: not recorded',
    ])
    // Only a device rule notifies, so the event was queued.
    assert.equal(journeyOf({ kept: [stored(101, 'sent')] }, { at: 100, notifies: false }).current, 'sent')
  })

  test('show steps of a later version unchanged', () => {
    const { steps } = journeyOf({
      kept: [stored(101, 'toString'), stored(102, 'unknown step', { reason: 'unknown reason' })],
    })
    assert.deepEqual(
      steps.slice(1).map(({ step, reason, text }) => [step, reason, text]),
      [
        ['toString', 'toString', 'toString: toString.'],
        ['unknown step', 'unknown reason', 'unknown step: unknown reason.'],
      ],
    )
  })
})

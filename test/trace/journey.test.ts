import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type StoredGatewayStep,
  type JourneyPusher,
  pusherSteps,
  currentStep,
} from '../../src/trace/journey.ts'
import type { StoredStep } from '../../src/trace/steps-store.ts'

const kept = (at: number, step: string, more: Partial<StoredStep> = {}) => ({
  pusherId: 1,
  position: 1,
  at,
  step,
  reason: null,
  status: null,
  ms: null,
  ...more,
})
const pusher: JourneyPusher = {
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
const tell = (more: Partial<JourneyPusher>, event: Parameters<typeof pusherSteps>[1] = notified) => {
  const steps = pusherSteps({ ...pusher, ...more }, event)
  return {
    steps,
    words: steps.map(({ step, reason }) => `${step}: ${reason}`),
    stands: currentStep(steps)?.step,
  }
}

describe('the way to one pusher', () => {
  test('attempts are numbered in their order, and the last word is the end', () => {
    const { steps, words, stands } = tell({
      kept: [
        kept(101, 'held', { reason: 'circuit open' }),
        kept(102, 'failed', { reason: 'timeout', ms: 30_000 }),
        kept(103, 'rejected too late', { status: 200, ms: 1 }),
        kept(104, 'sent', { status: 200, ms: 2 }),
      ],
    })
    assert.deepEqual(words, [
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
    assert.equal(stands, 'sent')
  })

  test('while it is being tried again it waits', () => {
    const failing = { nextAttemptAt: 500, error: 'dns', at: 102 }
    const { words, stands } = tell({ queuedAt: 100, failing, kept: [kept(102, 'failed', { reason: 'dns' })] })
    assert.deepEqual(words, ['waiting: queued', 'attempt: failed', 'waiting: gateway failing'])
    assert.equal(stands, 'waiting')
    assert.equal(tell({ failing, kept: [kept(101, 'sent')] }).stands, 'sent', 'what fails is another event')
  })

  test('what the gateway did stands where its time is, and is never the last word', () => {
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
    const { steps, words, stands } = tell({ kept: [kept(103, 'sent')], gateway })
    assert.deepEqual(words, [
      'waiting: queued',
      'gateway: retry',
      'attempt: taken',
      'sent: sent',
      'gateway: rejected',
    ])
    assert.deepEqual([steps[1]?.error, steps[1]?.status, steps[1]?.attempt], ['ServiceUnavailable', 503, 1])
    assert.equal(stands, 'sent')
  })

  test('why nothing was queued: the first reason that there is', () => {
    const why = (more: Partial<JourneyPusher>, notifies: boolean | undefined = true) =>
      tell(more, { at: 100, notifies }).words
    assert.deepEqual(why({ createdAt: 101, wasOn: false }), ['not queued: set after the event'])
    assert.deepEqual(why({ isPending: true }), ['not queued: not activated'])
    assert.deepEqual(why({ wasOn: false }), ['not queued: pusher disabled'])
    assert.deepEqual(why({}, false), ['not queued: does not notify'])
    assert.deepEqual(why({}), ['not queued: not recorded'])
    assert.deepEqual(tell({}, { at: 100, notifies: undefined }).words, ['not queued: not recorded'])
    // A rule of the device alone has woken it.
    assert.equal(tell({ kept: [kept(101, 'sent')] }, { at: 100, notifies: false }).stands, 'sent')
  })

  test('the words of a later version are told as they are', () => {
    const { steps } = tell({ kept: [kept(101, 'toString'), kept(102, 'beamed', { reason: 'up' })] })
    assert.deepEqual(
      steps.slice(1).map(({ step, reason, text }) => [step, reason, text]),
      [
        ['toString', 'toString', 'toString: toString.'],
        ['beamed', 'up', 'beamed: up.'],
      ],
    )
  })
})

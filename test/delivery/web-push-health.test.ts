import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchWebPush } from '../../src/delivery/web-push-health.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { createManualClock } from '../support/manual-clock.ts'

const refused: ProviderResult = { kind: 'misconfigured', reason: 'BadJwtToken', status: 403 }
const HOUR = 3_600_000

function makeWatch(subject = 'https://chat.example.org/') {
  const clock = createManualClock()
  const told: { reason: string; status: number | undefined }[] = []
  const events = { vapidRefused: (refusal: (typeof told)[number]) => void told.push(refusal) }
  return { clock, told, ...watchWebPush({ clock, events, vapid: { subject } }) }
}

test('a push service is in trouble from its first refusal of our token until it takes a message', () => {
  const { clock, told, onAnswer, health } = makeWatch()
  const since = clock.now()
  onAnswer('https://one.example', refused)
  clock.advance(HOUR)
  onAnswer('https://one.example', refused)
  assert.deepEqual(health(), { state: 'failing', troubles: [{ reason: 'BadJwtToken', since }] })
  assert.equal(told.length, 2)
  onAnswer('https://two.example', { kind: 'delivered', reason: 'accepted', status: 201 })
  assert.equal(health().state, 'failing')
  onAnswer('https://one.example', { kind: 'delivered', reason: 'accepted', status: 201 })
  assert.deepEqual(health(), { state: 'ok', troubles: [] })
})

test('other answers are no trouble, and neither is an address that may not be called', () => {
  const { told, onAnswer, health } = makeWatch()
  onAnswer('https://one.example', { kind: 'rejected', reason: 'status 410', status: 410 })
  onAnswer('https://one.example', { kind: 'retry', reason: 'status 503', status: 503 })
  onAnswer('https://one.example', { kind: 'misconfigured', reason: 'blocked by the IP policy' })
  assert.deepEqual([health().state, told.length], ['ok', 0])
})

test('a trouble that is heard of no more is forgotten after two hours', () => {
  const { clock, onAnswer, health } = makeWatch()
  onAnswer('https://one.example', refused)
  clock.advance(2 * HOUR)
  assert.equal(health().state, 'failing')
  clock.advance(1)
  assert.equal(health().state, 'ok')
})

test('push services that users invent do not fill the memory', () => {
  const { told, onAnswer, health } = makeWatch()
  for (let at = 0; at < 1000; at++) onAnswer(`https://${at}.example`, refused)
  assert.equal(health().troubles.length, 100)
  assert.equal(told.length, 1000)
})

test('a contact without a public name is told', () => {
  assert.match(
    makeWatch('mailto:postmaster@localhost.invalid').health().contact ?? '',
    /not at a public name/,
  )
  assert.equal(makeWatch().health().contact, undefined)
})

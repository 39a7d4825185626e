import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchWebPush } from '../../src/delivery/web-push-health.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import { createManualClock } from '../support/manual-clock.ts'

const refused: ProviderResult = { kind: 'misconfigured', reason: 'BadJwtToken', status: 403 }
const HOUR = 3_600_000

function makeWatch(subject = 'https://chat.example.org/') {
  const clock = createManualClock()
  const reported: { reason: string; status: number | undefined }[] = []
  const events = { vapidRefused: (refusal: (typeof reported)[number]) => void reported.push(refusal) }
  return { clock, reported, ...watchWebPush({ clock, events, vapid: { subject } }) }
}

test('reports a push service from its first refusal of the server token until it accepts a message', () => {
  const { clock, reported, onResponse, health } = makeWatch()
  const since = clock.now()
  onResponse('https://one.example', refused)
  clock.advance(HOUR)
  onResponse('https://one.example', refused)
  assert.deepEqual(health(), { state: 'failing', troubles: [{ reason: 'BadJwtToken', since }] })
  assert.equal(reported.length, 2)
  onResponse('https://two.example', { kind: 'delivered', reason: 'accepted', status: 201 })
  assert.equal(health().state, 'failing')
  onResponse('https://one.example', { kind: 'delivered', reason: 'accepted', status: 201 })
  assert.deepEqual(health(), { state: 'ok', troubles: [] })
})

test('does not report other responses and blocked addresses', () => {
  const { reported, onResponse, health } = makeWatch()
  onResponse('https://one.example', { kind: 'rejected', reason: 'status 410', status: 410 })
  onResponse('https://one.example', { kind: 'retry', reason: 'status 503', status: 503 })
  onResponse('https://one.example', { kind: 'misconfigured', reason: 'blocked by the IP policy' })
  assert.deepEqual([health().state, reported.length], ['ok', 0])
})

test('forgets a refusal that is not repeated for two hours', () => {
  const { clock, onResponse, health } = makeWatch()
  onResponse('https://one.example', refused)
  clock.advance(2 * HOUR)
  assert.equal(health().state, 'failing')
  clock.advance(1)
  assert.equal(health().state, 'ok')
})

test('limits the memory for push services', () => {
  const { reported, onResponse, health } = makeWatch()
  for (let at = 0; at < 1000; at++) onResponse(`https://${at}.example`, refused)
  assert.equal(health().troubles.length, 100)
  assert.equal(reported.length, 1000)
})

test('reports a contact without a public name', () => {
  assert.match(
    makeWatch('mailto:postmaster@localhost.invalid').health().contact ?? '',
    /not at a public domain/,
  )
  assert.equal(makeWatch().health().contact, undefined)
})

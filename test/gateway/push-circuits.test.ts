import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Apps } from '../../src/gateway/apps.ts'
import { createPushCircuits } from '../../src/gateway/push-circuits.ts'
import { type Admission, createCircuits, type Pass } from '../../src/sending/circuits.ts'
import { createManualClock } from '../support/manual-clock.ts'

const DESTINATION = 'app\nline'

function open() {
  const clock = createManualClock()
  const deps = { clock, random: { token: () => '', below: () => 0 } }
  const circuits = createCircuits({ ...deps, limit: 2, soleLineHasAll: true })
  const apps = { find: (appId: string) => (appId === 'app' ? { circuits } : 'unknown') } as unknown as Apps
  const passOf = (admission: Admission): Pass => {
    assert.ok(admission.kind === 'go', admission.kind)
    return admission.pass
  }
  return { clock, circuits, lanes: createPushCircuits({ ...deps, apps: () => apps }), passOf }
}

test('while first attempts wait for slots, one lane of the line waits with them, and further lanes get "full"', async () => {
  const { circuits, lanes, passOf } = open()
  const busy = [1, 2].map((n) => passOf(circuits.admit('line', { device: `${n}` })))
  const first = circuits.enter('line', { device: 'waits' }).admission
  assert.equal(lanes.slotsAt(DESTINATION), 1)
  assert.equal(lanes.reserve(DESTINATION, { laneId: 1 }), undefined)
  const lane = lanes.admit(DESTINATION, { laneId: 1 })
  assert.equal(lanes.slotsAt(DESTINATION), 0)
  assert.deepEqual(await lanes.admit(DESTINATION, { laneId: 2 }), { kind: 'full' })
  lanes.leave(busy[0] as Pass)
  assert.equal((await first).kind, 'go')
  lanes.leave(busy[1] as Pass)
  passOf(await lane)
  assert.equal(circuits.inFlight(), 2)
})

test('a lane of an app that is no longer configured waits for a minute', async () => {
  const { clock, lanes } = open()
  assert.deepEqual(await lanes.admit('gone\nline', { laneId: 1 }), {
    kind: 'paused',
    until: clock.now() + 60_000,
    reason: 'line paused',
  })
  const reserved = lanes.reserve('gone\nline', { laneId: 1 })
  assert.ok(reserved)
  lanes.leave(reserved)
})

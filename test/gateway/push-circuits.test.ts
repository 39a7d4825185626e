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
  const lanes = createPushCircuits({ ...deps, apps: () => apps })
  const enter = (destination: string) => {
    const { promise, resolve } = Promise.withResolvers<Admission>()
    lanes.enterLane(destination, { laneId: 1 }, resolve)
    return promise
  }
  return { clock, circuits, lanes, passOf, enter }
}

test('first attempts and lanes of an app use the same slots', async () => {
  const { circuits, lanes, passOf, enter } = open()
  const busy = [1, 2].map((n) => passOf(circuits.admit('line', { key: `${n}` })))
  assert.deepEqual(lanes.admit(DESTINATION, { laneId: 1 }), { kind: 'full' })
  const admission = enter(DESTINATION)
  assert.equal(circuits.waiting(), 1)
  lanes.leave(busy[0] as Pass)
  const pass = passOf(await admission)
  assert.deepEqual(lanes.admit(DESTINATION, { laneId: 1 }, pass), { kind: 'go', pass })
  assert.equal(circuits.inFlight(), 2)
})

test('a lane of an app that is no longer configured waits for a minute', async () => {
  const { clock, lanes, passOf, enter } = open()
  assert.deepEqual(lanes.admit('gone\nline', { laneId: 1 }), {
    kind: 'paused',
    until: clock.now() + 60_000,
    reason: 'line paused',
  })
  lanes.leave(passOf(await enter('gone\nline')))
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeviceId } from '../../../src/lib/ids.ts'
import {
  ACTIVE_FOR_MS,
  afterChange,
  GRACE_MS,
  IDLE_AFTER_MS,
  type PresenceChange,
  type PresenceFacts,
  presenceAt,
  RENEW_MS,
} from '../../../src/rooms/presence/presence-state.ts'

const [phone, laptop] = ['PHONE', 'LAPTOP'] as [DeviceId, DeviceId]
const NO_FACTS: PresenceFacts = { devices: [], lastActiveAt: null, statusMessage: null }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Step = readonly [at: number, change: PresenceChange]

const sync = (
  deviceId: DeviceId,
  state: 'online' | 'unavailable' = 'online',
  connectedUntil = HOUR,
): PresenceChange => ({ deviceId, kind: 'sync', state, connectedUntil })
const activity = (deviceId: DeviceId): PresenceChange => ({ deviceId, kind: 'activity' })
const set = (
  deviceId: DeviceId,
  state: 'online' | 'unavailable' | 'offline',
  statusMessage: string | null = null,
): PresenceChange => ({ deviceId, kind: 'set', state, statusMessage })

const after = (steps: readonly Step[]) =>
  steps.reduce((facts, [at, change]) => afterChange(facts, change, at), NO_FACTS)
const stateAt = (at: number, ...steps: readonly Step[]) => presenceAt(after(steps), at).state

describe('the presence of a user', () => {
  test('is offline without a device, and never changes by itself', () => {
    assert.deepEqual(presenceAt(NO_FACTS, 0), { state: 'offline', isActive: false, dueAt: null })
  })

  test('is online and active after the first sync, then not active, then unavailable, then offline', () => {
    const facts = after([[0, sync(phone)]])
    const online = { state: 'online', isActive: true, dueAt: ACTIVE_FOR_MS }
    assert.deepEqual(presenceAt(facts, 0), online)
    assert.deepEqual(presenceAt(facts, ACTIVE_FOR_MS - 1), online)
    assert.deepEqual(presenceAt(facts, ACTIVE_FOR_MS), { ...online, isActive: false, dueAt: IDLE_AFTER_MS })
    const idle = { state: 'unavailable', isActive: false, dueAt: HOUR }
    assert.deepEqual(presenceAt(facts, IDLE_AFTER_MS), idle)
    assert.deepEqual(presenceAt(facts, HOUR), { state: 'offline', isActive: false, dueAt: null })
  })

  test('changes at the end of the connection when this is earlier than the end of the activity', () => {
    const facts = after([[0, sync(phone, 'online', MINUTE)]])
    assert.equal(presenceAt(facts, 0).dueAt, MINUTE)
    assert.equal(presenceAt(facts, MINUTE).state, 'offline')
  })

  test('is that of the device with the most presence', () => {
    const both: Step[] = [
      [0, sync(phone, 'unavailable')],
      [0, sync(laptop)],
    ]
    assert.equal(stateAt(1, ...both), 'online')
    assert.equal(stateAt(1, ...both, [1, set(laptop, 'offline')]), 'unavailable')
    assert.equal(stateAt(1, ...both, [1, set(laptop, 'offline')], [1, set(phone, 'offline')]), 'offline')
  })

  test('is unavailable when the online device is disconnected and an unavailable one is not', () => {
    const steps: Step[] = [
      [0, sync(phone, 'unavailable')],
      [0, sync(laptop, 'online', MINUTE)],
    ]
    assert.deepEqual(presenceAt(after(steps), MINUTE), { state: 'unavailable', isActive: false, dueAt: HOUR })
  })

  test('is unavailable after a sync with set_presence=unavailable, and online after the next one with online', () => {
    const steps: Step[] = [
      [0, sync(phone)],
      [1, sync(phone, 'unavailable')],
    ]
    assert.equal(stateAt(2, ...steps), 'unavailable')
    assert.equal(stateAt(IDLE_AFTER_MS, ...steps, [IDLE_AFTER_MS - 1, sync(phone)]), 'online')
  })

  test('stays unavailable after the idle time while the device syncs, and is online again after activity', () => {
    const steps: Step[] = [
      [0, sync(phone)],
      [IDLE_AFTER_MS, sync(phone)],
    ]
    assert.equal(stateAt(IDLE_AFTER_MS, ...steps), 'unavailable')
    assert.equal(stateAt(IDLE_AFTER_MS, ...steps, [IDLE_AFTER_MS, activity(phone)]), 'online')
  })

  test('stays as it is set while the device syncs with the same set_presence, until activity', () => {
    const steps: Step[] = [
      [0, sync(phone)],
      [1, set(phone, 'unavailable')],
      [2, sync(phone)],
    ]
    assert.equal(stateAt(2, ...steps), 'unavailable')
    assert.equal(stateAt(3, ...steps, [3, activity(phone)]), 'online')
    assert.equal(stateAt(3, ...steps, [3, activity(laptop)]), 'unavailable')
  })

  test('stays as it is set before the first sync of the device', () => {
    assert.equal(stateAt(1, [0, set(phone, 'unavailable')], [1, sync(phone)]), 'unavailable')
  })

  test('stays offline with activity, without a new time of activity, when all devices are set to offline', () => {
    const steps: Step[] = [
      [0, sync(phone)],
      [1, set(phone, 'offline')],
      [2, sync(phone)],
      [3, activity(phone)],
    ]
    assert.equal(stateAt(3, ...steps), 'offline')
    assert.equal(after(steps).lastActiveAt, 0)
  })

  test('is online again when a device connects that was set to offline before it disconnected', () => {
    const steps: Step[] = [
      [0, sync(phone, 'online', MINUTE)],
      [1, set(phone, 'offline')],
      [HOUR, sync(phone, 'online', 2 * HOUR)],
    ]
    assert.equal(stateAt(HOUR, ...steps), 'online')
  })

  test('ends by itself when a device sets it and never syncs', () => {
    const facts = after([[0, set(phone, 'online')]])
    assert.equal(presenceAt(facts, GRACE_MS + RENEW_MS - 1).state, 'online')
    assert.equal(presenceAt(facts, GRACE_MS + RENEW_MS).state, 'offline')
  })

  test('is offline after activity of a device that does not sync; the time of the activity is stored', () => {
    const facts = after([[5, activity(phone)]])
    assert.equal(presenceAt(facts, 5).state, 'offline')
    assert.equal(facts.lastActiveAt, 5)
  })
})

describe('the facts of a presence', () => {
  test('have the status message that was set last, also when it was removed', () => {
    assert.equal(after([[0, set(phone, 'online', 'lunch')]]).statusMessage, 'lunch')
    const removed: Step[] = [
      [0, set(phone, 'online', 'lunch')],
      [1, set(laptop, 'unavailable')],
    ]
    assert.equal(after(removed).statusMessage, null)
  })

  test('lose devices whose time is over', () => {
    const facts = after([
      [0, sync(phone, 'online', MINUTE)],
      [MINUTE, sync(laptop)],
    ])
    assert.deepEqual(
      facts.devices.map((device) => device.deviceId),
      [laptop],
    )
  })

  test('keep the later end of the connection when two syncs of a device overlap', () => {
    const facts = after([
      [0, sync(phone, 'online', HOUR)],
      [1, sync(phone, 'online', MINUTE)],
    ])
    assert.equal(facts.devices[0]?.connectedUntil, HOUR)
  })

  test('have the time of the activity when a device sets itself to online, and not when it sets unavailable', () => {
    const steps: Step[] = [[0, sync(phone)]]
    assert.equal(after([...steps, [9, set(phone, 'unavailable')]]).lastActiveAt, 0)
    assert.equal(after([...steps, [9, set(phone, 'online')]]).lastActiveAt, 9)
  })
})

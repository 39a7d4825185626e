import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Admission,
  type CircuitReport,
  createCircuits,
  type Evidence,
  type Pass,
} from '../../src/sending/circuits.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'

const LINE = 'https://gateway.test'
const OTHER_LINE = 'https://other.test'
const MAX_LINES = 10_000

const outage: CircuitReport = { evidence: 'outage', reason: 'timeout' }
const delivered: CircuitReport = { evidence: 'delivered', reason: 'ok' }

const lowest = () => 0

function createFixture({
  limit = 8,
  soleLineHasAll = false,
  below = lowest as (below: number) => number,
} = {}) {
  const clock = createManualClock()
  const random = { token: () => '', below }
  const circuits = createCircuits({ clock, random, limit, soleLineHasAll })
  const admit = (laneId: number, line = LINE) => circuits.admit(line, { laneId })
  const enter = (device: string, line = LINE) => circuits.enter(line, { key: device })
  const passOf = (admission: Admission): Pass => {
    assert.ok(admission.kind === 'go', admission.kind)
    return admission.pass
  }
  /** Sends of different lanes and devices, one after another, with the same result. */
  const sendTimes = (times: number, result: CircuitReport = outage, line = LINE) => {
    for (let n = 0; n < times; n++) {
      const pass = passOf(circuits.admit(line, { laneId: n, key: `device ${n}` }))
      circuits.report(pass, result)
      circuits.leave(pass)
    }
  }
  const isPaused = (line = LINE) => circuits.pauseAt(line) > 0
  /** A lane that waits for a slot. */
  const enterLane = (laneId: number, line = LINE) => {
    const { promise: admission, resolve } = Promise.withResolvers<Admission>()
    return { admission, withdraw: circuits.enterLane(line, { laneId }, resolve) }
  }
  /** The number of free slots of a line. */
  const slotsAt = (line: string) => {
    const passes: Pass[] = []
    for (;;) {
      const admission = circuits.admit(line, { laneId: 1000 + passes.length })
      if (admission.kind !== 'go') break
      passes.push(admission.pass)
    }
    for (const pass of passes) circuits.leave(pass)
    return passes.length
  }
  return { clock, circuits, admit, enter, passOf, sendTimes, isPaused, slotsAt, enterLane }
}

describe('the share of a line', () => {
  test('is a quarter of the limit, and does not depend on other lines', () => {
    const { circuits, admit, passOf, slotsAt } = createFixture()
    const passes = [admit(1), admit(2)].map(passOf)
    assert.equal(admit(3).kind, 'full')
    assert.equal(slotsAt(LINE), 0)
    assert.equal(admit(3, OTHER_LINE).kind, 'go')
    circuits.leave(passes[0] as Pass)
    assert.equal(slotsAt(LINE), 1)
  })

  test('a slot of a sender that waited counts at once, and is not taken a second time on admission', async () => {
    const { circuits, admit, passOf, slotsAt, enterLane } = createFixture()
    const [first] = [admit(1), admit(3)].map(passOf)
    const { admission } = enterLane(2)
    circuits.leave(first as Pass)
    const reserved = passOf(await admission)
    assert.equal(slotsAt(LINE), 0)
    assert.deepEqual(circuits.admit(LINE, { laneId: 2 }, reserved), { kind: 'go', pass: reserved })
    assert.equal(slotsAt(LINE), 0)
    circuits.leave(reserved)
    assert.equal(slotsAt(LINE), 1)
  })

  test('a slot on another line does not admit to this one', () => {
    const { circuits, admit, passOf } = createFixture()
    admit(1)
    admit(2)
    const otherSlot = passOf(admit(3, OTHER_LINE))
    assert.equal(circuits.admit(LINE, { laneId: 3 }, otherSlot).kind, 'full')
  })

  test('is the whole limit for the only line of a group that allows it', () => {
    const { circuits, admit } = createFixture({ soleLineHasAll: true })
    for (let n = 0; n < 8; n++) assert.equal(admit(n).kind, 'go')
    assert.equal(admit(9).kind, 'full')
    assert.equal(circuits.inFlight(), 8)
  })
})

describe('waiting in memory for a slot', () => {
  test('ends with the next free slot, one line after the other', async () => {
    const { circuits, admit, enter, passOf } = createFixture({ limit: 4 })
    const first = passOf(admit(1))
    const other = passOf(admit(1, OTHER_LINE))
    const waiting = [enter('a'), enter('b'), enter('c', OTHER_LINE)]
    assert.equal(circuits.waiting(), 3)
    circuits.leave(first)
    circuits.leave(other)
    const a = await waiting[0]?.admission
    const c = await waiting[2]?.admission
    assert.deepEqual([a?.kind, c?.kind, circuits.waiting()], ['go', 'go', 1])
  })

  test('one lane of a line waits among the first attempts, in the order of arrival, and further lanes behind it', async () => {
    const { circuits, admit, enter, passOf, enterLane } = createFixture()
    const busy = [admit(1), admit(2)].map(passOf)
    const order: string[] = []
    const wait = (name: string, { admission }: ReturnType<typeof enter>) =>
      void Promise.resolve(admission).then((admitted) => {
        order.push(name)
        circuits.leave(passOf(admitted))
      })
    wait('first attempt a', enter('a'))
    for (const laneId of [3, 4, 5]) wait(`lane ${laneId}`, enterLane(laneId))
    wait('first attempt b', enter('b'))
    const { admission, withdraw } = enterLane(6)
    withdraw()
    assert.deepEqual([await admission, circuits.waiting()], [{ kind: 'full' }, 3])
    circuits.leave(busy[0] as Pass)
    await eventually(() => order.length === 5)
    assert.deepEqual(order, ['first attempt a', 'lane 3', 'first attempt b', 'lane 4', 'lane 5'])
    assert.equal(circuits.inFlight(), 1)
  })

  test('a lane that waits for the probe of its line is admitted with the slot of the probe', async () => {
    const { clock, circuits, admit, passOf, sendTimes, enterLane } = createFixture({ limit: 1 })
    sendTimes(4)
    const busy = passOf(admit(9))
    const { admission } = enterLane(1)
    const others = enterLane(2, OTHER_LINE)
    circuits.report(busy, outage)
    clock.advance(5000)
    circuits.leave(busy)
    const probe = passOf(await admission)
    assert.deepEqual(circuits.admit(LINE, { laneId: 1 }, probe), { kind: 'go', pass: probe })
    assert.equal(admit(3).kind, 'paused')
    circuits.leave(probe)
    assert.equal((await others.admission).kind, 'go')
  })

  test('ends as paused for a lane whose slot was granted before the pause began', async () => {
    const { circuits, admit, passOf, enterLane } = createFixture({ limit: 4 })
    const pass = passOf(admit(1))
    const { admission } = enterLane(2)
    circuits.leave(pass)
    const granted = passOf(await admission)
    for (let n = 0; n < 5; n++) circuits.report(pass, outage)
    assert.equal(circuits.admit(LINE, { laneId: 2 }, granted).kind, 'paused')
  })

  test('ends as full when the sender withdraws', async () => {
    const { circuits, admit, enter } = createFixture({ limit: 4 })
    admit(1)
    const { admission, withdraw } = enter('a')
    withdraw()
    assert.deepEqual([await admission, circuits.waiting()], [{ kind: 'full' }, 0])
  })

  test('ends when the line is paused before a slot is free', async () => {
    const { circuits, admit, enter, passOf } = createFixture({ limit: 4 })
    const pass = passOf(admit(1))
    const { admission } = enter('a')
    for (let n = 0; n < 5; n++) circuits.report(pass, outage)
    circuits.leave(pass)
    assert.equal((await admission).kind, 'paused')
  })
})

describe('the circuit breaker of a line', () => {
  test('opens after five failures in a row, not after four, and a response resets the count', () => {
    const { circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(4)
    sendTimes(1, delivered)
    sendTimes(4)
    const pass = passOf(admit(1))
    assert.equal(circuits.report(pass, outage).news, 'broken')
    assert.equal(admit(2).kind, 'paused')
  })

  test('counts only outages: any response shows that the destination works', () => {
    for (const evidence of ['delivered', 'responded', 'nothing'] satisfies Evidence[]) {
      const { sendTimes, admit } = createFixture()
      sendTimes(10, { evidence, reason: 'status 400' })
      assert.equal(admit(1).kind, 'go', evidence)
    }
  })

  test('lets one probe through at a time, after pauses that double up to five minutes', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(5)
    const pauses: number[] = []
    for (let n = 0; n < 10; n++) {
      const held = admit(100)
      assert.ok(held.kind === 'paused')
      assert.equal(held.reason, 'timeout')
      const pauseMs = circuits.pauseAt(LINE)
      assert.ok(held.until >= clock.now() + pauseMs)
      pauses.push(pauseMs)
      clock.advance(pauseMs)
      const probe = passOf(admit(7))
      assert.equal(admit(8).kind, 'paused', 'only one probe at a time')
      circuits.report(probe, outage)
      circuits.leave(probe)
    }
    assert.deepEqual(pauses, [2500, 5000, 10_000, 20_000, 40_000, 80_000, 150_000, 150_000, 150_000, 150_000])
  })

  test('releases the lanes that it held when the probe gets a response, each at its own time within 10 s', () => {
    let draws = 0
    const { clock, circuits, sendTimes, admit, passOf } = createFixture({ below: (below) => draws++ % below })
    sendTimes(5)
    for (let id = 10; id < 2010; id++) admit(id)
    clock.advance(5000)
    const probe = passOf(admit(10))
    draws = 0
    const change = circuits.report(probe, delivered)
    assert.equal(change.news, 'back')
    // The lane of the fifth failure, which began the pause, is held too.
    assert.equal(new Set(change.released.map(({ laneId }) => laneId)).size, 2000)
    assert.ok(change.released.some(({ laneId }) => laneId === 4))
    const now = clock.now()
    assert.deepEqual(
      change.released.map(({ at }) => at - now),
      Array.from({ length: 2000 }, (_, n) => n),
    )
    circuits.leave(probe)
    assert.deepEqual(circuits.troubles(), [])
  })

  test('holds lanes in the order in which they came, and a lane whose probe failed behind the others', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(5, { ...outage, retryAfterMs: 60_000 })
    const untilOf = (laneId: number) => {
      const held = admit(laneId)
      assert.ok(held.kind === 'paused')
      return held.until - clock.now() - circuits.pauseAt(LINE)
    }
    assert.deepEqual([11, 12, 13, 12].map(untilOf), [0, 10, 20, 10])
    clock.advance(circuits.pauseAt(LINE))
    const probe = passOf(admit(11))
    const { pausedUntil = 0 } = circuits.report(probe, outage)
    circuits.leave(probe)
    assert.equal(pausedUntil - clock.now() - circuits.pauseAt(LINE), 20)
    assert.deepEqual([12, 13, 11].map(untilOf), [0, 10, 20])
    for (let laneId = 100; laneId < 2000; laneId++) assert.ok(untilOf(laneId) <= 10_000)
  })

  test('does not release a lane earlier than its destination asked for', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(5, { ...outage, retryAfterMs: 60_000 })
    clock.advance(2500)
    assert.deepEqual(circuits.report(passOf(admit(7)), delivered), { news: 'back', released: [] })
  })

  test('gives the turn of a probe that was not sent to the next sender', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(5)
    clock.advance(2500)
    circuits.leave(passOf(admit(7)))
    assert.equal(admit(8).kind, 'go')
  })

  test('lets a probe through while requests that hang have the whole share', () => {
    const { clock, circuits, admit, passOf } = createFixture()
    const hanging = [admit(1), admit(2)].map(passOf)
    for (let n = 0; n < 5; n++) circuits.report(hanging[0] as Pass, outage)
    assert.equal(admit(3).kind, 'paused')
    clock.advance(2500)
    assert.equal(admit(3).kind, 'go')
  })

  test('is not paused for longer when the clock is set back by a year', () => {
    const { clock, sendTimes, admit } = createFixture()
    sendTimes(5)
    clock.advance(-365 * 86_400_000)
    assert.equal(admit(7).kind, 'go')
  })

  test('that is known to be broken at the start lets one probe through and releases the held lanes', () => {
    const { circuits, admit, passOf } = createFixture()
    circuits.expectOutage(LINE, { reason: 'timeout', held: [1, 2, 3] })
    const probe = passOf(admit(1))
    assert.equal(admit(4).kind, 'paused')
    const { news, released } = circuits.report(probe, delivered)
    assert.equal(news, 'back')
    assert.deepEqual(
      released.map(({ laneId }) => laneId),
      [2, 3, 4],
    )
  })

  test('that is known to be broken at the start is probed every half minute while devices are refused', () => {
    const { circuits, clock, sendTimes } = createFixture({ below: (below) => below - 1 })
    circuits.expectOutage(LINE, { reason: 'network', held: [] })
    for (let n = 0; n < 10; n++) {
      sendTimes(1, { evidence: 'refused', reason: 'mismatch' })
      assert.ok(circuits.pauseAt(LINE) <= 30_000)
      clock.advance(circuits.pauseAt(LINE))
    }
  })
})

describe('a configuration error', () => {
  test('pauses a line at once', () => {
    for (const evidence of ['misconfigured', 'refused'] satisfies Evidence[]) {
      const { circuits, sendTimes } = createFixture()
      sendTimes(1, { evidence, reason: 'InvalidProviderToken' })
      assert.deepEqual(
        circuits.troubles().map(({ line, reason }) => ({ line, reason })),
        [{ line: LINE, reason: 'InvalidProviderToken' }],
      )
    }
  })

  test('of single devices pauses a line that has delivered only after five of them without a delivery between', () => {
    const { circuits, sendTimes, isPaused, passOf } = createFixture()
    const refused: CircuitReport = { evidence: 'refused', reason: 'mismatch' }
    const sendTo = (device: string, result: CircuitReport) => {
      const pass = passOf(circuits.admit(LINE, { key: device }))
      circuits.report(pass, result)
      circuits.leave(pass)
    }
    sendTo('working', delivered)
    sendTimes(4, refused)
    sendTo('working', delivered)
    sendTimes(4, refused)
    assert.equal(isPaused(), false, 'the last delivery resets the count of refused devices')
    for (let n = 10; n < 15; n++) {
      assert.equal(isPaused(), false)
      sendTo(`device ${n}`, refused)
    }
    assert.equal(isPaused(), true)
  })

  test('of single devices is probed every half minute at least', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(1, { evidence: 'refused', reason: 'mismatch' })
    for (let n = 0; n < 8; n++) {
      const pauseMs = circuits.pauseAt(LINE)
      assert.ok(pauseMs <= 30_000, `${pauseMs} ms`)
      clock.advance(pauseMs)
      const probe = passOf(admit(n))
      circuits.report(probe, { evidence: 'refused', reason: 'mismatch' })
      circuits.leave(probe)
    }
  })
})

describe('an alarm', () => {
  test('pauses all lines of the group until a delivery; a response is not enough', () => {
    const { clock, circuits, sendTimes, admit, passOf } = createFixture()
    sendTimes(1, { evidence: 'alarm', reason: 'BadDeviceToken' })
    assert.equal(admit(1, OTHER_LINE).kind, 'paused')
    clock.advance(15_000)
    const probe = passOf(admit(2))
    assert.equal(admit(3, OTHER_LINE).kind, 'paused', 'only one probe for the whole group')
    circuits.report(probe, { evidence: 'responded', reason: 'BadDeviceToken' })
    circuits.leave(probe)
    assert.deepEqual(
      circuits.troubles().map(({ line, reason }) => ({ line, reason })),
      [{ line: '', reason: 'BadDeviceToken' }],
    )
    clock.advance(30_000)
    const next = passOf(admit(4))
    const { news, released } = circuits.report(next, delivered)
    assert.equal(news, 'back')
    assert.deepEqual(
      released.map(({ laneId }) => laneId),
      [0, 1, 3, 2],
    )
  })
})

describe('the lines of a group', () => {
  test('are bounded: the ones used last are remembered', () => {
    const { circuits, sendTimes, isPaused } = createFixture({ limit: 100 })
    sendTimes(5, outage, LINE)
    for (let n = 0; n < MAX_LINES + 100; n++) {
      sendTimes(5, outage, `https://invented-${n}.test`)
      assert.equal(isPaused(), true)
    }
    const troubles = circuits.troubles().map(({ line }) => line)
    assert.equal(troubles.length, MAX_LINES)
    assert.ok(troubles.includes(LINE))
    assert.ok(!troubles.includes('https://invented-0.test'))
    assert.equal(circuits.size(), MAX_LINES)
  })

  test('with a message in flight are not forgotten', () => {
    const { circuits, admit, sendTimes, passOf, slotsAt } = createFixture({ limit: 100 })
    const pass = passOf(admit(1))
    for (let n = 0; n < MAX_LINES + 100; n++) sendTimes(1, delivered, `https://invented-${n}.test`)
    assert.equal(slotsAt(LINE), 24)
    circuits.leave(pass)
    assert.equal(slotsAt(LINE), 25)
    assert.equal(circuits.inFlight(), 0)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createEngineFixture } from './engine-fixture.ts'

const A = 'https://a.test'
const B = 'https://b.test'

onEachDatabase('a lane without a free slot', (open) => {
  test('waits without a lease, and is leased and sent when a slot is free', async (t) => {
    const fixture = await createEngineFixture(t, open, { lanes: [A, A, A, B], limit: 4 })
    const { circuits, start, sent, deliver, leased } = fixture
    await using _engine = await start()
    await eventually(async () => sent.length === 2 && (await leased()).length === 2)
    assert.deepEqual(new Set(sent), new Set([1, 4]))
    await eventually(() => circuits.waiting() > 0)
    deliver([1])
    await eventually(() => sent.length === 3)
    assert.equal(sent[2], 2)
    deliver([2, 3, 4])
    await eventually(() => sent.length === 4 && circuits.inFlight() === 0)
    assert.equal(circuits.waiting(), 0)
  })

  test('is not sent during a stop, and leaves its slot to other senders', async (t) => {
    const fixture = await createEngineFixture(t, open, { lanes: [A, A, A], limit: 4 })
    const { circuits, start, sent, deliver } = fixture
    const engine = await start()
    await eventually(() => sent.length === 1 && circuits.waiting() === 1)
    const stopped = engine[Symbol.asyncDispose]()
    assert.equal(circuits.waiting(), 0)
    const { admission } = circuits.enter(A, { key: 'first attempt' })
    deliver([1])
    assert.equal((await admission).kind, 'go')
    await stopped
    assert.deepEqual([sent, circuits.inFlight()], [[1], 1])
  })

  test('lets lanes of other destinations pass, whose wake-ups came later', async (t) => {
    const lanes = [...Array.from({ length: 20 }, () => A), B]
    const { circuits, start, sent, deliver } = await createEngineFixture(t, open, { lanes, limit: 4 })
    await using _engine = await start()
    await eventually(() => sent.includes(21))
    assert.equal(sent.length, 2)
    deliver(lanes.map((_, index) => index + 1))
    await eventually(() => sent.length === 21 && circuits.inFlight() === 0)
  })
})

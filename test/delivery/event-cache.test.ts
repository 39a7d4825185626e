import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEventCache } from '../../src/delivery/event-cache.ts'
import type { PokedEvent } from '../../src/delivery/poked-event.ts'
import type { Queries } from '../../src/storage/query.ts'

const MAX_EVENTS = 256

/** Creates a cache. `loads`: the positions of each load. `faults`: the errors of the next loads. */
function createCache() {
  const loads: number[][] = []
  const faults: Error[] = []
  const eventAt = createEventCache(async (_q, positions) => {
    loads.push([...positions])
    const fault = faults.pop()
    if (fault) throw fault
    return new Map(positions.map((position) => [position, { position } as unknown as PokedEvent]))
  }, {} as Queries)
  return { loads, faults, eventAt }
}

describe('the cache of events', () => {
  test('loads an event once, and concurrent requests in one query', async () => {
    const { loads, eventAt } = createCache()
    const [one, two, again] = await Promise.all([eventAt(1), eventAt(2), eventAt(1)])
    assert.equal(one, again)
    assert.notEqual(one, two)
    assert.equal(await eventAt(1), one)
    assert.deepEqual(loads.flat(), [1, 2])
  })

  test('holds the 256 events that were used last', async () => {
    const { loads, eventAt } = createCache()
    for (let position = 1; position <= MAX_EVENTS; position++) await eventAt(position)
    await eventAt(1)
    await eventAt(MAX_EVENTS + 1)
    loads.length = 0
    await eventAt(1)
    await eventAt(3)
    assert.deepEqual(loads, [])
    await eventAt(2)
    assert.deepEqual(loads, [[2]])
  })

  test('loads an event again after a failed load', async () => {
    const { loads, faults, eventAt } = createCache()
    faults.push(new Error('the database is unavailable'))
    await assert.rejects(eventAt(1), { message: 'the database is unavailable' })
    assert.ok(await eventAt(1))
    assert.deepEqual(loads, [[1], [1]])
  })
})

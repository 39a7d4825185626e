import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type JourneyCursor,
  parseCursor,
  settledEntry,
  watchJourneys,
} from '../../src/console-api/journey-stream.ts'
import type { ServerEvent } from '../../src/http/event-stream.ts'
import { nextPositions } from '../../src/storage/stream.ts'
import { parsePoint } from '../../src/storage/stream-point.ts'
import type { DeviceState } from '../../src/trace/device-state.ts'
import { alice, bob, room1, setUp, untilIdle } from '../delivery/delivery-fixture.ts'
import { room } from '../notifications/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'

type Data = { event_id: string; devices?: { state: string }[] }

/** An event in short, such as "journey $id waiting". */
const short = ({ event, data }: ServerEvent) => {
  const { event_id: id, devices } = data as Data
  return [event, id, ...(devices ?? []).map(({ state }) => state)].join(' ')
}

onEachSharedDatabase('the stream of journeys', (openTwo) => {
  test('shows what another process does, and resumes after the last event that was received', async (t) => {
    const [db, other] = await openTwo(t)
    const { delivery, gateway } = await setUp(t, async () => db)
    const { fixture, clock } = delivery
    const ending = new AbortController()
    afterTest(t, () => ending.abort())
    const watch = (after?: JourneyCursor, states?: DeviceState[]) =>
      watchJourneys(
        { db: other, clock },
        {
          userId: bob,
          filter: { states: states && new Set(states) },
          after,
          isAllowed,
          signal: ending.signal,
        },
      )
    let isAllowedNow = true
    const isAllowed = () => Promise.resolve(isAllowedNow)
    const next = async (stream: AsyncGenerator<ServerEvent | undefined>): Promise<ServerEvent> => {
      const waiting = stream.next()
      const ticking = setInterval(() => clock.advance(1000), 1)
      try {
        return (await waiting).value as ServerEvent
      } finally {
        clearInterval(ticking)
      }
    }
    const stream = watch()
    const failing = watch(undefined, ['failing'])
    const started = await next(stream)
    await next(failing)
    assert.deepEqual(Object.keys(started), ['id'])
    const first = await fixture.say(room1, alice, 'one')
    await fixture.say(room('room without bob'), alice, 'hidden')
    const waiting = await next(stream)
    assert.equal(short(waiting), `journey ${first.eventId} waiting`)
    {
      await using _delivery = await delivery.start()
      await gateway.waitFor((poke) => poke.event_id === first.eventId)
      await untilIdle(delivery)
    }
    const sent = await next(stream)
    assert.equal(short(sent), `journey ${first.eventId} sent`)
    assert.equal(short(await next(failing)), `removed ${first.eventId}`)
    const heartbeat = await next(stream)
    assert.deepEqual(Object.keys(heartbeat), ['id'])
    await stream.return(undefined)
    const second = await fixture.say(room1, alice, 'two')
    const resumed = watch(parseCursor(sent.id ?? ''))
    await next(resumed)
    assert.equal(short(await next(resumed)), `journey ${second.eventId} waiting`)
    const behind = watch(parseCursor(waiting.id ?? ''))
    await next(behind)
    const missed = [await next(behind), await next(behind)]
    assert.deepEqual(missed.map(short), [
      `journey ${first.eventId} sent`,
      `journey ${second.eventId} waiting`,
    ])
    // Only the last event has the id, so that a client that loses the connection between them receives both again.
    assert.deepEqual(
      missed.map(({ id }) => id === undefined),
      [true, false],
    )
    const ahead = watch({ position: [1_000_000], entry: 0, at: 0 })
    await next(ahead)
    assert.equal((await next(ahead)).event, 'reset')
    await db.transaction((tx) => nextPositions(tx, 5001), { orderedBy: alice })
    const farBehind = watch(parseCursor(waiting.id ?? ''))
    await next(farBehind)
    assert.equal((await next(farBehind)).event, 'reset')
    isAllowedNow = false
    assert.equal(await next(farBehind), undefined)
  })
})

describe('the cursor of the stream', () => {
  test('stays before a row that can still become visible', () => {
    const rows = (...numbers: number[]) =>
      numbers.map((entry) => ({ entry_id: entry, at: entry * 1000 })).toReversed()
    assert.equal(settledEntry([], 0), 0)
    assert.equal(settledEntry(rows(7, 8, 9), 9000), 9)
    assert.equal(settledEntry(rows(6, 8, 9), 9000), 6)
    assert.equal(settledEntry(rows(4, 6, 8), 9000), 4)
    assert.equal(settledEntry(rows(6, 8, 9), 30_000), 9)
  })

  test('is refused when it is malformed', () => {
    assert.deepEqual(parseCursor('1-2-3'), { position: [1], entry: 2, at: 3 })
    assert.deepEqual(parseCursor('1.a-4.-3-7-9'), { position: parsePoint('1.a-4.-3'), entry: 7, at: 9 })
    for (const id of ['', '1', '1-2', '1-2-x', '-1-2-3', '1-2-3-4']) assert.equal(parseCursor(id), undefined)
  })
})

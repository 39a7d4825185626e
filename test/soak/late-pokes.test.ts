import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { checkRun } from './check-run.ts'
import type { Death, ReceivedPoke, RunRecord } from './run-record.ts'

// How late one outage may make a poke, and several in a row.

const ROOM = '!room'
const LATEST_MS = 5_000

const stop = (from: number, process: number): Death => ({
  from,
  to: from,
  process,
  name: 'stopped worker',
  isStop: true,
  role: 'worker',
})
const kill = (from: number, process: number): Death => ({
  ...stop(from, process),
  name: 'killed worker',
  isStop: false,
})

/** Process 1 sends `a` at once, and process 9 sends `b` at this time. Both were acknowledged at 0 ms. */
function recordOf(ms: number, deaths: readonly Death[], more: Partial<RunRecord> = {}): RunRecord {
  const stored = ['a', 'b'].map((tag) => ({ eventId: `$${tag}`, roomId: ROOM, tag }))
  const poke = (eventId: string, at: number, process: number): ReceivedPoke => ({
    pushkey: 'phone',
    eventId,
    roomId: ROOM,
    unread: 1,
    kills: 0,
    at,
    process,
  })
  return {
    stored,
    acknowledged: new Map(stored.map(({ tag, eventId }) => [tag, { eventId, at: 0 }])),
    pushers: [{ pushkey: 'phone', rooms: new Set([ROOM]), read: new Set(), badge: 1 }],
    pokes: [poke('$a', 0, 1), poke('$b', ms, 9)],
    kills: deaths.length,
    isOrderedAcrossRooms: true,
    deaths,
    latestMs: LATEST_MS,
    ...more,
  }
}

const check = (ms: number, deaths: readonly Death[], more?: Partial<RunRecord>) =>
  checkRun(recordOf(ms, deaths, more))

suite('a poke that is late by one outage', () => {
  test('is allowed up to 15 s, and not described', () => {
    const { problems, details, figures } = check(15_000, [stop(0, 1)])
    assert.deepEqual([problems, details], [[], []])
    assert.deepEqual(
      [figures.latestByOneOutageMs, figures.latestOverSeveralMs, figures.outagesOfThat],
      [15_000, 0, 0],
    )
  })

  test('is a problem after more than 15 s, although it is less than 5 s beyond the outage', () => {
    assert.deepEqual(check(15_001, [stop(0, 1)]).problems, [
      'later than 15000 ms by one outage: $b for phone after 15001 ms, of which 15001 ms by one outage',
    ])
  })

  test('is no problem without a limit', () => {
    assert.deepEqual(check(15_001, [stop(0, 1)], { latestMs: undefined }).problems, [])
  })

  test('counts from the response to the sender, if the outage began before', () => {
    assert.equal(check(14_000, [stop(-2_000, 1)]).figures.latestByOneOutageMs, 14_000)
  })

  test('is not excused by a stop for longer than 3 s after its end', () => {
    const resumptions = [{ process: 1, at: 2_000 }]
    assert.deepEqual(check(10_000, [stop(0, 1)], { resumptions }).problems, [])
    assert.match(
      check(10_001, [stop(0, 1)], { resumptions }).problems[0] ?? '',
      /^later than 5000 ms without the outages: \$b for phone after 10001 ms, of which 5000 ms were outages$/,
    )
    const others = [
      { process: 2, at: 2_000 },
      { process: 1, at: -1 },
    ]
    assert.deepEqual(check(14_000, [stop(0, 1)], { resumptions: others }).problems, [])
  })
})

suite('a poke that is late by several outages in a row', () => {
  test('is allowed if each of them accounts for 15 s at most, and reported with their number', () => {
    const { problems, figures } = check(26_000, [stop(0, 1), stop(13_500, 2)])
    assert.deepEqual(problems, [])
    assert.deepEqual(
      [figures.latestMs, figures.latestByOneOutageMs, figures.latestOverSeveralMs, figures.outagesOfThat],
      [26_000, 13_500, 26_000, 2],
    )
  })

  test('is a problem if one of them accounts for more, the first or the last one', () => {
    for (const deaths of [
      [stop(0, 1), kill(15_500, 2)],
      [kill(0, 1), stop(1_500, 2)],
    ])
      assert.match(
        check(17_000, deaths).problems[0] ?? '',
        /^later than 15000 ms by one outage: .*155?00 ms by/,
      )
  })

  test('is excused by the outage of a process that sends nothing only if another outage had not ended', () => {
    const leader = { ...kill(2_000, 2), role: 'http' as const }
    assert.equal(check(10_000, [kill(0, 1), leader]).figures.outagesOfThat, 2)
    assert.deepEqual(check(10_000, [kill(0, 1), leader]).problems, [])
    const later = { ...leader, from: 3_001, to: 3_001 }
    assert.match(
      check(10_000, [kill(0, 1), later]).problems[0] ?? '',
      /^later than 5000 ms without the outages/,
    )
  })

  test('does not count an outage whose time another one accounts for', () => {
    const { problems, figures } = check(15_500, [stop(0, 1), kill(2_000, 2)])
    assert.match(problems[0] ?? '', /^later than 15000 ms by one outage: .* 15500 ms by one outage$/)
    assert.equal(figures.latestOverSeveralMs, 0)
  })
})

suite('a poke that is later than 15 s is described, also if it is allowed', () => {
  test('with its outages, and the signals before and meanwhile', () => {
    const deaths = [stop(100, 1), stop(13_500, 2)]
    const resumptions = [{ process: 1, at: 13_200 }]
    assert.deepEqual(check(26_000, deaths, { resumptions }).details, [
      '1 late pokes to 1 pushers, from 1970-01-01T00:00:00.000Z on, the latest after 26000 ms',
      '  phone: 1 late of 2 pokes; none from 0 ms (process 1) to 26000 ms (process 9)',
      '    the latest after 26000 ms: 13000 ms stopped worker, process 1; 12500 ms stopped worker, process 2; 500 ms without an outage; at most 13500 ms by one',
      '      100 ms  signal: stopped worker, process 1',
      '      100 ms  gone or stopped: stopped worker, process 1',
      '    13200 ms  continued: process 1',
      '    13500 ms  signal: stopped worker, process 2',
      '    13500 ms  gone or stopped: stopped worker, process 2',
    ])
  })

  test('up to ten incidents, and the number of the others', () => {
    const tags = Array.from({ length: 12 }, (_, n) => `t${n}`)
    const stored = tags.map((tag) => ({ eventId: `$${tag}`, roomId: ROOM, tag }))
    const acknowledged = new Map(
      stored.map(({ tag, eventId }, n) => [tag, { eventId, at: n * 100_000 }] as const),
    )
    const [first] = recordOf(0, []).pokes
    const pokes = stored.map(({ eventId }, n) => ({
      ...(first as ReceivedPoke),
      eventId,
      at: n * 100_000 + 16_000,
    }))
    const { details } = check(0, [], { stored, acknowledged, pokes, latestMs: undefined })
    assert.equal(details.filter((line) => line.includes('1 late pokes')).length, 10)
    assert.equal(details.at(-1), '2 more incidents')
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { checkRun } from './check-run.ts'
import type { Death, ReceivedPoke, RunRecord } from './run-record.ts'
import { seededRandom } from './seeded-random.ts'

// `checkRun` must find each kind of fault.

const ROOM = '!room'
const stored = ['a', 'b', 'c', 'd'].map((tag) => ({ eventId: `$${tag}`, roomId: ROOM, tag }))

const poke = (event: string, more: Partial<ReceivedPoke> = {}): ReceivedPoke => ({
  pushkey: 'phone',
  eventId: `$${event}`,
  roomId: ROOM,
  unread: 1,
  kills: 0,
  at: 0,
  ...more,
})

function record(pokes: readonly ReceivedPoke[], more: Partial<RunRecord> = {}): RunRecord {
  return {
    stored,
    acknowledged: new Map(stored.map(({ tag, eventId }) => [tag, { eventId, at: 0 }])),
    pushers: [{ pushkey: 'phone', rooms: new Set([ROOM]), read: new Set(), badge: 1 }],
    pokes,
    kills: 1,
    isOrderedAcrossRooms: true,
    ...more,
  }
}

const good = [poke('a'), poke('b'), poke('b', { kills: 1 }), poke('c', { kills: 1 }), poke('d', { kills: 1 })]
const problemsOf = (pokes: readonly ReceivedPoke[], more: Partial<RunRecord> = {}) =>
  checkRun(record(pokes, more)).problems

suite('checkRun', () => {
  test('reports no problem for complete pokes in order, with duplicates of pokes in flight at a kill', () => {
    const { problems, figures } = checkRun(record(good))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      [figures.owed, figures.duplicates, figures.mostDuplicatesPerKill, figures.lost],
      [4, 1, 1, 0],
    )
  })

  test('reports a missing poke, unless its event was read first', () => {
    const without = good.filter(({ eventId }) => eventId !== '$c')
    assert.match(problemsOf(without)[0] ?? '', /^no poke: c/)
    const pusher = { pushkey: 'phone', rooms: new Set([ROOM]), read: new Set(['$c']), badge: 1 }
    assert.deepEqual(problemsOf(without, { pushers: [pusher] }), [])
    assert.match(
      problemsOf(
        good.filter(({ pushkey }) => pushkey === ''),
        {},
      )[0] ?? '',
      /^no poke/,
    )
  })

  test('reports a poke for an unknown event, and a poke to an unknown pusher', () => {
    assert.match(problemsOf([...good, poke('unknown')])[0] ?? '', /for an unknown event: \$unknown/)
    assert.match(
      problemsOf([...good, poke('a', { pushkey: 'unknown' })])[0] ?? '',
      /to an unknown pusher: unknown/,
    )
  })

  test('reports duplicates without a kill, and duplicates of a poke that was not the last', () => {
    assert.match(
      problemsOf([poke('a'), poke('a'), ...good.slice(1)])[0] ?? '',
      /duplicate of a poke that was not in flight/,
    )
    const late = [...good.slice(0, 4), poke('b', { kills: 1 }), poke('d', { kills: 1 })]
    assert.match(problemsOf(late)[0] ?? '', /duplicate of a poke that was not in flight/)
  })

  test('allows a duplicate from another process that arrives while a kill is not counted yet, and no later one', () => {
    const rest = ['b', 'c', 'd'].map((event) => poke(event, { at: 9_000 }))
    const again = [poke('a', { at: 1_000 }), poke('a', { at: 9_000 }), ...rest]
    assert.deepEqual(problemsOf(again, { deaths: [{ from: 1_500, to: 2_000 }] }), [])
    for (const deaths of [[{ from: -11_000, to: -10_000 }], [{ from: 9_500, to: 9_600 }]])
      assert.match(problemsOf(again, { deaths })[0] ?? '', /duplicate of a poke that was not in flight/)
  })

  test('allows a duplicate only of a poke that the killed process has sent', () => {
    const again = [
      poke('a', { at: 1_000, process: 1 }),
      poke('a', { at: 3_000, process: 2 }),
      ...good.slice(1).map((one) => ({ ...one, at: 4_000 })),
    ]
    const deaths = [
      { from: 2_000, to: 2_000, process: 1 },
      { from: 3_500, to: 3_500, process: 2 },
    ]
    assert.deepEqual(problemsOf(again, { deaths }), [])
    const others = deaths.map((death) => ({ ...death, process: 3 }))
    assert.match(problemsOf(again, { deaths: others })[0] ?? '', /duplicate of a poke that was not in flight/)
  })

  suite('when events of other rooms become visible after the kill', () => {
    const other = { eventId: '$o', roomId: '!other', tag: 'o' }
    const of = (stored: RunRecord['stored'], isOrderedAcrossRooms = false): Partial<RunRecord> => ({
      stored,
      acknowledged: new Map(),
      pushers: [{ pushkey: 'phone', rooms: new Set([ROOM, '!other']), read: new Set(), badge: 1 }],
      isOrderedAcrossRooms,
    })
    const between = poke('o', { roomId: '!other', kills: 1 })
    const pokes = [poke('a'), between, poke('a', { kills: 1 }), ...good.slice(1)]
    const notInFlight = /duplicate of a poke that was not in flight/

    test('allows the poke that was in flight after events with lower positions, if the stream has several shards', () => {
      assert.deepEqual(problemsOf(pokes, of([other, ...stored])), [])
      assert.match(problemsOf(pokes, of([other, ...stored], true))[0] ?? '', notInFlight)
    })

    test('reports it after an event with a higher position, after one of its own room or process, and without a kill before', () => {
      assert.match(problemsOf(pokes, of([...stored, other]))[0] ?? '', notInFlight)
      const ofRoom = [poke('b'), poke('a', { kills: 1 }), poke('b', { kills: 1 }), ...good.slice(3)]
      assert.match(problemsOf(ofRoom, of([other, ...stored])).join('\n'), notInFlight)
      const bySame = pokes.map((one, at) => ({ ...one, process: at < 2 ? 1 : 2 }))
      assert.match(problemsOf(bySame, of([other, ...stored]))[0] ?? '', notInFlight)
      const early = [poke('a'), { ...between, kills: 0 }, poke('a', { kills: 1 }), ...good.slice(1)]
      assert.match(problemsOf(early, of([other, ...stored]))[0] ?? '', notInFlight)
    })
  })

  test('allows one poke of each pusher that another process has sent too, from a stopped process that continues', () => {
    const timed = good.map((one, at) => ({ ...one, at, process: 2 }))
    const late = [...timed, poke('a', { kills: 1, at: 20, process: 1 })]
    const resumptions = [{ process: 1, at: 10 }]
    assert.deepEqual(problemsOf(late, { resumptions }), [])
    assert.equal(checkRun(record(late, { resumptions })).figures.lateDuplicates, 1)
    const first = [poke('a', { at: 20, process: 1 }), ...timed.map((one) => ({ ...one, at: one.at + 21 }))]
    assert.deepEqual(problemsOf(first, { resumptions }), [])
    const wrong = [[], [{ process: 1, at: 21 }], [{ process: 1, at: -20_000 }], [{ process: 2, at: 10 }]]
    for (const none of wrong)
      assert.match(
        problemsOf(late, { resumptions: none })[0] ?? '',
        /duplicate of a poke that was not in flight/,
      )
    const two = [...late, poke('b', { kills: 1, at: 21, process: 1 })]
    assert.match(problemsOf(two, { resumptions })[0] ?? '', /duplicate of a poke that was not in flight/)
  })

  test('counts an event as poked that two processes have sent after they continued', () => {
    const [a, , , ...rest] = good.map((one, at) => ({ ...one, at, process: 3 }))
    const both = [1, 2].map((process) => poke('b', { at: 20 + process, process }))
    const c = poke('c', { at: 2, process: 3 })
    const resumptions = [1, 2].map((process) => ({ process, at: 10 }))
    const { problems, figures } = checkRun(record([a as ReceivedPoke, c, ...rest, ...both], { resumptions }))
    assert.deepEqual(problems, [])
    assert.deepEqual([figures.lost, figures.lateDuplicates], [0, 2])
  })

  suite('when what a killed process has sent is read after the poke of the next one', () => {
    const deaths = [{ from: 1_000, to: 1_100, process: 1 }]
    const next = good.slice(0, 2).map((one, at) => ({ ...one, at: 1_150 + at, process: 2 }))
    const rest = ['c', 'd'].map((event) => poke(event, { at: 30_000, process: 2 }))
    const late = poke('a', { at: 1_300 })
    const notInFlight = /duplicate of a poke that was not in flight/
    const of = (repeats: readonly ReceivedPoke[], more: Partial<RunRecord> = {}) =>
      problemsOf([...next, ...repeats, ...rest], { deaths, ...more })

    test('allows one poke of each pusher, of the killed process or of one that had ended before its connection was accepted', () => {
      assert.deepEqual(of([late]), [])
      assert.deepEqual(of([{ ...late, process: 1 }]), [])
      const two = [late, { ...poke('b'), at: 1_301, process: 1 }]
      assert.match(of(two)[0] ?? '', notInFlight)
    })

    test('reports it without a kill, long after it, from a process that lives, and of a poke that was sent before the kill', () => {
      assert.match(of([late], { deaths: [] })[0] ?? '', notInFlight)
      assert.match(of([{ ...late, at: 12_000 }])[0] ?? '', notInFlight)
      assert.match(of([{ ...late, process: 2 }])[0] ?? '', notInFlight)
      assert.match(of([{ ...late, process: 3 }])[0] ?? '', notInFlight)
      const after = [{ from: 1_200, to: 1_250, process: 1 }]
      assert.match(of([late], { deaths: after })[0] ?? '', notInFlight)
    })
  })

  suite('when the database has refused the result of a poke', () => {
    const pokes = [
      poke('a', { at: 1_000, process: 1 }),
      poke('a', { at: 7_000, process: 1 }),
      ...['b', 'c', 'd'].map((event) => poke(event, { at: 8_000, process: 1 })),
    ]
    const of = (failedWrites: RunRecord['failedWrites'], received: readonly ReceivedPoke[] = pokes) =>
      problemsOf(received, { deaths: [], ...(failedWrites && { failedWrites }) })
    const notInFlight = /duplicate of a poke that was not in flight/

    test('allows its process to send it once more', () => {
      assert.deepEqual(of([{ process: 1, at: 6_000 }]), [])
    })

    test('reports it when that was before or after both, at another process, or the poke was not the last', () => {
      const others = [
        { process: 1, at: 900 },
        { process: 1, at: 7_001 },
        { process: 2, at: 6_000 },
      ]
      for (const other of others) assert.match(of([other])[0] ?? '', notInFlight)
      const failed = [{ process: 1, at: 6_000 }]
      const byOther = pokes.map((one, at) => (at === 1 ? { ...one, process: 2 } : one))
      assert.match(of(failed, byOther)[0] ?? '', notInFlight)
      const thrice = [...pokes.slice(0, 2), poke('a', { at: 7_500, process: 1 }), ...pokes.slice(2)]
      assert.match(of(failed, thrice)[0] ?? '', notInFlight)
      const notLast = [pokes[0], poke('b', { at: 2_000, process: 1 }), ...pokes.slice(1)] as ReceivedPoke[]
      assert.match(of(failed, notLast)[0] ?? '', notInFlight)
    })
  })

  suite('when a pusher is at the push gateways of the server', () => {
    const pushers = [...record([]).pushers].map((one) => ({ ...one, isThroughGateways: true }))
    const events = ['b', 'a', 'c', 'd']
    const pokes = events.map((event) => poke(event, { at: 20, process: 1 }))
    const resumptions = [{ process: 1, at: 10 }]

    test('allows a push that a stopped gateway had taken before to arrive after later ones', () => {
      const { problems, figures } = checkRun(record(pokes, { pushers, resumptions }))
      assert.deepEqual(problems, [])
      assert.deepEqual([figures.pushes, figures.queuedPushes], [4, 1])
    })

    test('allows missing pushes that the server has collapsed, if a later event of the room has one', () => {
      const of = (events: readonly string[], tags: readonly string[]) =>
        checkRun(
          record(
            events.map((event) => poke(event)),
            { pushers: pushers.map((one) => ({ ...one, collapsed: new Set(tags.map((tag) => `$${tag}`)) })) },
          ),
        )
      const { problems, figures } = of(['a', 'd'], ['b', 'c'])
      assert.deepEqual([problems, figures.collapsed], [[], 2])
      assert.match(of(['a', 'd'], ['b']).problems[0] ?? '', /^no poke: c/)
      assert.match(of(['a', 'b', 'c'], ['d']).problems[0] ?? '', /^no poke: d/)
    })

    test('reports pushes out of order without such a stop, and a missing push', () => {
      const wrong = [[], [{ process: 1, at: 21 }], [{ process: 1, at: -10_001 }], [{ process: 1, at: -1 }]]
      for (const none of wrong)
        assert.match(problemsOf(pokes, { pushers, resumptions: none })[0] ?? '', /^out of order/)
      assert.match(problemsOf(pokes, { resumptions })[0] ?? '', /^out of order/)
      assert.match(problemsOf(pokes.slice(1), { pushers, resumptions })[0] ?? '', /^no poke: b/)
    })
  })

  test('describes the pokes and the signals between a poke and its repeat', () => {
    const again = [
      poke('a', { at: 1_000, process: 1 }),
      poke('b', { at: 1_500, process: 2 }),
      poke('a', { at: 3_000, process: 2 }),
    ]
    const positioned = stored.map((one, at) => ({ ...one, position: at + 10 }))
    const deaths = [{ from: 1_200, to: 1_210, process: 1, name: 'killed worker' }]
    assert.deepEqual(checkRun(record(again, { stored: positioned, deaths })).details, [
      'phone       0 ms  process 1 sends $a, position 10, room !room, 0 kills',
      'phone     200 ms  signal: killed worker, process 1',
      'phone     210 ms  gone or stopped: killed worker, process 1',
      'phone     500 ms  process 2 sends $b, position 11, room !room, 0 kills',
      'phone    2000 ms  process 2 sends $a, position 10, room !room, 0 kills',
    ])
  })

  test('reports pokes out of order', () => {
    const swapped = [poke('b'), poke('a'), poke('c'), poke('d')]
    assert.match(problemsOf(swapped)[0] ?? '', /^out of order/)
    assert.match(problemsOf(swapped, { isOrderedAcrossRooms: false })[0] ?? '', /^out of order/)
  })

  test('reports swapped pokes of two rooms only if the stream has one shard', () => {
    const other = { eventId: '$e', roomId: '!other', tag: 'e' }
    const record: Partial<RunRecord> = {
      stored: [...stored, other],
      acknowledged: new Map(),
      pushers: [{ pushkey: 'phone', rooms: new Set([ROOM, '!other']), read: new Set(), badge: 1 }],
    }
    const pokes = [poke('e', { roomId: '!other' }), ...good]
    assert.match(problemsOf(pokes, record)[0] ?? '', /^out of order/)
    assert.deepEqual(problemsOf(pokes, { ...record, isOrderedAcrossRooms: false }), [])
  })

  test('reports a poke that came too late after the response to its sender, and the delays', () => {
    const pokes = good.map((one, at) => ({ ...one, at: at * 100 }))
    const { problems, figures } = checkRun(record(pokes, { latestMs: 350 }))
    assert.match(
      problems[0] ?? '',
      /^later than 350 ms without the outages: \$d for phone after 400 ms, of which 0 ms were outages$/,
    )
    assert.deepEqual([figures.latestMs, figures.latestWithoutOutagesMs], [400, 400])
    assert.deepEqual(problemsOf(pokes, { latestMs: 400 }), [])
  })

  suite('with a limit, excuses a late poke', () => {
    const worker = { isStop: false, role: 'worker' } as const
    const stopped = { isStop: true, role: 'all' } as const
    /** `c` and `d` of process 2 come late, after `a` and `b` of process 1. */
    const lateBy = (ms: number, deaths: readonly Death[], isThroughGateways = false) => {
      const pokes = ['a', 'b', 'c', 'd'].map((event, at) =>
        poke(event, at < 2 ? { process: 1 } : { process: 2, at: ms }),
      )
      const pusher = { pushkey: 'phone', rooms: new Set([ROOM]), read: new Set<string>(), badge: 1 }
      const pushers = [isThroughGateways ? { ...pusher, isThroughGateways } : pusher]
      return problemsOf(pokes, { deaths, latestMs: 1_000, pushers }).length === 0
    }
    const at = (from: number, more: object) => ({ from, to: from, process: 1, ...more })

    test('by 3 s for a process that was killed, and by 13 s for one that was stopped', () => {
      assert.deepEqual([lateBy(1_000, []), lateBy(1_001, [])], [true, false])
      assert.deepEqual([lateBy(4_000, [at(0, worker)]), lateBy(4_001, [at(0, worker)])], [true, false])
      assert.deepEqual([lateBy(14_000, [at(0, stopped)]), lateBy(14_001, [at(0, stopped)])], [true, false])
    })

    test('by the sum for a process that was killed after it had taken over from a stopped one, and counts no time twice', () => {
      const after = [at(0, stopped), at(12_000, { ...worker, process: 3 })]
      assert.deepEqual([lateBy(16_000, after), lateBy(16_001, after)], [true, false])
      const during = [at(0, stopped), at(2_000, { ...worker, process: 3 })]
      assert.deepEqual([lateBy(14_000, during), lateBy(14_001, during)], [true, false])
    })

    test('not for a process that sends no pokes, and for a gateway only if the pokes go through it', () => {
      for (const role of ['http', 'gateway'] as const) assert.equal(lateBy(2_000, [at(0, { role })]), false)
      assert.equal(lateBy(2_000, [at(0, { role: 'gateway' })], true), true)
      assert.equal(lateBy(2_000, [at(0, { role: 'http' })], true), false)
    })

    test('not for a process if another one sends to the pusher before its end and within 3 s after it', () => {
      const problemsWith = (end: Death, late: number) => {
        const pokes = ['a', 'b', 'c', 'd'].map((event, index) =>
          poke(event, { process: 2, at: index < 2 ? 0 : late }),
        )
        return problemsOf(pokes, { deaths: [end], latestMs: 1_000 })
      }
      assert.match(problemsWith(at(500, worker), 2_000)[0] ?? '', /^later than 1000 ms/)
      assert.match(problemsWith(at(500, stopped), 3_500)[0] ?? '', /^later than 1000 ms/)
      assert.deepEqual(problemsWith(at(500, stopped), 3_501), [], 'the lane was moved, and moved back')
    })

    test('for a process of any role that was stopped, if the pusher stood still for more than 3 s before its end', () => {
      const problemsWith = (end: Death, late: number) => {
        const pokes = ['a', 'b', 'c', 'd'].map((event, index) =>
          poke(event, { process: 2, at: [0, 600, late, late][index] ?? 0 }),
        )
        return problemsOf(pokes, { deaths: [end], latestMs: 1_000 })
      }
      assert.match(problemsWith(at(500, stopped), 3_600)[0] ?? '', /^later than 1000 ms/)
      for (const role of ['worker', 'http', 'gateway', 'all'] as const)
        assert.deepEqual(problemsWith(at(500, { ...stopped, role }), 3_601), [], role)
      assert.match(problemsWith(at(500, { role: 'http' }), 3_601)[0] ?? '', /^later than 1000 ms/)
    })
  })

  test('describes when the pusher of late pokes stood still, and the signals before and meanwhile', () => {
    const pokes = ['a', 'b', 'c', 'd'].map((event, at) =>
      poke(event, at < 2 ? { process: 1, at: 100 } : { process: 2, at: 9_000 }),
    )
    const deaths = [{ from: 200, to: 210, process: 1, name: 'killed worker', role: 'worker' as const }]
    const { details } = checkRun(record(pokes, { deaths, latestMs: 1_000 }))
    assert.deepEqual(details, [
      '2 late pokes to 1 pushers, from 1970-01-01T00:00:00.000Z on, the latest after 9000 ms',
      '  phone: 2 late of 4 pokes; none from 100 ms (process 1) to 9000 ms (process 2)',
      '    the latest after 9000 ms: 3010 ms killed worker, process 1; 5990 ms without an outage; at most 9000 ms by one',
      '      200 ms  signal: killed worker, process 1',
      '      210 ms  gone or stopped: killed worker, process 1',
    ])
  })

  test('reports an acknowledged message that is not stored, and one that is stored twice', () => {
    const acknowledged = new Map([...record([]).acknowledged, ['e', { eventId: '$e', at: 0 }]])
    assert.match(problemsOf(good, { acknowledged })[0] ?? '', /acknowledged, but not stored: e/)
    const repeatedTags = [...stored, { eventId: '$a2', roomId: '!other', tag: 'a' }]
    assert.match(problemsOf(good, { stored: repeatedTags })[0] ?? '', /stored twice: a/)
  })

  test('reports a wrong badge', () => {
    assert.match(problemsOf([...good, poke('', { eventId: undefined, unread: 3 })])[0] ?? '', /wrong badge/)
    assert.deepEqual(
      problemsOf([...good, poke('', { eventId: undefined, unread: 0 })]).length,
      1,
      'a badge of 0 is checked too',
    )
  })

  test('reports a run without expected pokes', () => {
    assert.match(problemsOf([], { stored: [], acknowledged: new Map() })[0] ?? '', /no poke was expected/)
  })
})

test('seededRandom gives the same numbers for the same seed, and others for another seed', () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed)
    return Array.from({ length: 20 }, () => random.below(1000))
  }
  assert.deepEqual(numbers(7), numbers(7))
  assert.notDeepEqual(numbers(7), numbers(8))
  assert.ok(numbers(7).every((value) => value >= 0 && value < 1000))
})

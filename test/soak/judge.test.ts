import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { judge, type SeenPoke, type Story } from './judge.ts'
import { seeded } from './seeded.ts'

// The judge of the crash runs can find each of the faults that it is there to find.

const ROOM = '!room'
const stored = ['a', 'b', 'c', 'd'].map((tag) => ({ eventId: `$${tag}`, roomId: ROOM, tag }))

const poke = (event: string, more: Partial<SeenPoke> = {}): SeenPoke => ({
  pushkey: 'phone',
  eventId: `$${event}`,
  roomId: ROOM,
  unread: 1,
  kills: 0,
  ...more,
})

function story(pokes: readonly SeenPoke[], more: Partial<Story> = {}): Story {
  return {
    stored,
    acknowledged: new Map(stored.map(({ tag, eventId }) => [tag, eventId])),
    pushers: [{ pushkey: 'phone', rooms: new Set([ROOM]), read: new Set(), badge: 1 }],
    pokes,
    kills: 1,
    ...more,
  }
}

const good = [poke('a'), poke('b'), poke('b', { kills: 1 }), poke('c', { kills: 1 }), poke('d', { kills: 1 })]
const complaints = (pokes: readonly SeenPoke[], more: Partial<Story> = {}) =>
  judge(story(pokes, more)).problems

suite('the judge of crash runs', () => {
  test('has nothing against what was promised: all of it, in order, and twice what was in flight at a kill', () => {
    const { problems, figures } = judge(story(good))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      [figures.owed, figures.duplicates, figures.mostDuplicatesPerKill, figures.lost],
      [4, 1, 1, 0],
    )
  })

  test('misses a poke that did not come, unless it was read first', () => {
    const without = good.filter(({ eventId }) => eventId !== '$c')
    assert.match(complaints(without)[0] ?? '', /^no poke: c/)
    const pusher = { pushkey: 'phone', rooms: new Set([ROOM]), read: new Set(['$c']), badge: 1 }
    assert.deepEqual(complaints(without, { pushers: [pusher] }), [])
    assert.match(
      complaints(
        good.filter(({ pushkey }) => pushkey === ''),
        {},
      )[0] ?? '',
      /^no poke/,
    )
  })

  test('sees a poke for what does not exist, and one to nobody', () => {
    assert.match(complaints([...good, poke('ghost')])[0] ?? '', /does not exist: \$ghost/)
    assert.match(complaints([...good, poke('a', { pushkey: 'stranger' })])[0] ?? '', /to nobody: stranger/)
  })

  test('sees duplicates without a kill, and of what was not the last', () => {
    assert.match(complaints([poke('a'), poke('a'), ...good.slice(1)])[0] ?? '', /duplicate of what was not/)
    const late = [...good.slice(0, 4), poke('b', { kills: 1 }), poke('d', { kills: 1 })]
    assert.match(complaints(late)[0] ?? '', /duplicate of what was not/)
  })

  test('sees what came out of order', () => {
    const swapped = [poke('b'), poke('a'), poke('c'), poke('d')]
    assert.match(complaints(swapped)[0] ?? '', /^out of order/)
  })

  test('sees a message that is gone, or there twice', () => {
    const acknowledged = new Map([...story([]).acknowledged, ['e', '$e']])
    assert.match(complaints(good, { acknowledged })[0] ?? '', /acknowledged, but not stored: e/)
    const twice = [...stored, { eventId: '$a2', roomId: '!other', tag: 'a' }]
    assert.match(complaints(good, { stored: twice })[0] ?? '', /stored twice: a/)
  })

  test('sees a badge that is not true', () => {
    assert.match(complaints([...good, poke('', { eventId: undefined, unread: 3 })])[0] ?? '', /wrong badge/)
    assert.deepEqual(
      complaints([...good, poke('', { eventId: undefined, unread: 0 })]).length,
      1,
      'zero is a number too',
    )
  })

  test('does not take silence for success', () => {
    assert.match(complaints([], { stored: [], acknowledged: new Map() })[0] ?? '', /nothing was to be told/)
  })
})

test('a seed gives the same numbers again, and another one others', () => {
  const numbers = (seed: number) => {
    const random = seeded(seed)
    return Array.from({ length: 20 }, () => random.below(1000))
  }
  assert.deepEqual(numbers(7), numbers(7))
  assert.notDeepEqual(numbers(7), numbers(8))
  assert.ok(numbers(7).every((value) => value >= 0 && value < 1000))
})

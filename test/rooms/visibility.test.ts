import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  asHistoryVisibility,
  type HistoryVisibility,
  isVisible,
  leftAt,
  type RoomHistory,
  visibleSpans,
} from '../../src/rooms/visibility.ts'
import type { Membership } from '../../src/storage/rooms-schema.ts'
import { runs } from '../support/property.ts'

const LAST = 20

/** A literal implementation of the rules of the specification, for one event. */
function allowedBySpecification(history: RoomHistory, position: number): boolean {
  const own = history.memberships.some((change) => change.position === position)
  const setting = history.settings.some((change) => change.position === position)
  return at(position) || ((own || setting) && at(position - 1))

  function at(state: number): boolean {
    const membership = history.memberships.findLast((change) => change.position <= state)?.membership
    const visibility = history.settings.findLast((change) => change.position <= state)?.visibility ?? 'shared'
    const joinedAfter = history.memberships.some(
      (change) => change.membership === 'join' && change.position > position,
    )
    if (visibility === 'world_readable') return true
    if (membership === 'join') return true
    if (visibility === 'shared' && joinedAfter) return true
    return membership === 'invite' && visibility === 'invited'
  }
}

const visibilities: HistoryVisibility[] = ['world_readable', 'shared', 'invited', 'joined']
const memberships: Membership[] = ['invite', 'join', 'leave', 'ban', 'knock']
const change = fc.record({
  position: fc.integer({ min: 1, max: LAST }),
  to: fc.oneof(
    fc.record({ membership: fc.constantFrom(...memberships) }),
    fc.record({ visibility: fc.constantFrom(...visibilities) }),
  ),
})
const anyHistory = fc
  .uniqueArray(change, { selector: ({ position }) => position, maxLength: 10 })
  .map((changes): RoomHistory => {
    const sorted = changes.toSorted((a, b) => a.position - b.position)
    return {
      memberships: sorted.flatMap(({ position, to }) =>
        'membership' in to ? [{ position, membership: to.membership }] : [],
      ),
      settings: sorted.flatMap(({ position, to }) =>
        'visibility' in to ? [{ position, visibility: to.visibility }] : [],
      ),
    }
  })

describe('history visibility', () => {
  test('the visible spans contain exactly the events that the specification allows', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const spans = visibleSpans(history)
        for (let position = 0; position <= LAST + 1; position++)
          assert.equal(
            isVisible(spans, position),
            allowedBySpecification(history, position),
            `position ${position} of ${JSON.stringify(history)}`,
          )
      }),
      { numRuns: runs(500) },
    )
  })

  test('visible spans are ascending and have gaps between them', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const spans = visibleSpans(history)
        for (const [at, span] of spans.entries()) {
          assert.ok(span.from <= span.to)
          assert.ok(at === 0 || (spans[at - 1]?.to ?? Infinity) < span.from - 1)
        }
      }),
    )
  })

  const stay = [
    { position: 4, membership: 'invite' },
    { position: 6, membership: 'join' },
    { position: 9, membership: 'leave' },
  ] as const
  const cases: [HistoryVisibility, string][] = [
    ['world_readable', 'all'],
    ['shared', '0-9'],
    ['invited', '4-9'],
    ['joined', '6-9'],
  ]
  for (const [visibility, expected] of cases)
    test(`a user invited at 4, joined at 6 and left at 9 sees ${expected} with visibility ${visibility}`, () => {
      const spans = visibleSpans({ memberships: stay, settings: [{ position: 1, visibility }] })
      // Before the setting was sent, the default "shared" applied.
      const early = spans.filter(({ to }) => to > 1).map(({ from, to }) => `${from}-${to}`)
      assert.deepEqual(early, [expected === 'all' ? `0-${Number.MAX_SAFE_INTEGER}` : expected])
    })

  test('an unknown or missing visibility is treated as shared', () => {
    assert.equal(asHistoryVisibility('everybody'), 'shared')
    assert.equal(asHistoryVisibility(undefined), 'shared')
    assert.equal(asHistoryVisibility('invited'), 'invited')
  })

  test('leftAt returns the position of the leave or ban after the last join', () => {
    assert.equal(leftAt(stay), 9)
    assert.equal(leftAt([...stay, { position: 12, membership: 'ban' }]), 9)
    assert.equal(leftAt(stay.slice(0, 2)), undefined, 'still joined')
    assert.equal(leftAt([{ position: 3, membership: 'ban' }]), undefined, 'never joined')
  })
})

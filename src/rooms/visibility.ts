import type { Membership } from '../storage/rooms-schema.ts'

export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined'

/** The memberships of one user in one room, and the history visibility of the room; both in stream order. */
export type RoomHistory = {
  readonly memberships: readonly { position: number; membership: Membership }[]
  readonly settings: readonly { position: number; visibility: HistoryVisibility }[]
}

/** Visible positions `from` to `to`, both included. */
export type Span = { readonly from: number; readonly to: number }

export const ALL_POSITIONS: readonly Span[] = [{ from: 0, to: Number.MAX_SAFE_INTEGER }]

type VisibilityState = { membership: Membership; visibility: HistoryVisibility }

/** A missing or unknown value counts as `shared`. */
export function asHistoryVisibility(value: unknown): HistoryVisibility {
  return value === 'world_readable' || value === 'invited' || value === 'joined' ? value : 'shared'
}

/**
 * The visible part of a room for a user, as a few disjoint spans in ascending order. A reader can skip hidden ranges
 * without a check of each event (client-server API, "Room History Visibility").
 */
export function visibleSpans(history: RoomHistory): readonly Span[] {
  const lastJoin = history.memberships.findLast(({ membership }) => membership === 'join')?.position ?? -1
  const spans: { from: number; to: number }[] = []
  const add = (from: number, to: number) => {
    const last = spans.at(-1)
    if (from > to) return
    if (last && last.to >= from - 1) last.to = Math.max(last.to, to)
    else spans.push({ from, to })
  }

  let before: VisibilityState = { membership: 'leave', visibility: 'shared' }
  let from = 0
  for (const change of changes(history)) {
    const after: VisibilityState = { ...before, ...change.to }
    addSegment(before, from, change.position - 1)
    // The user's own membership event and the setting itself are visible if the state before or after them allows it.
    if (allows(before, change.position, lastJoin) || allows(after, change.position, lastJoin))
      add(change.position, change.position)
    before = after
    from = change.position + 1
  }
  addSegment(before, from, Number.MAX_SAFE_INTEGER)
  return spans

  function addSegment(state: VisibilityState, start: number, end: number): void {
    if (state.visibility === 'world_readable' || state.membership === 'join') add(start, end)
    else if (state.visibility === 'shared') add(start, Math.min(end, lastJoin - 1))
    else if (allows(state, start, lastJoin)) add(start, end)
  }
}

export function isVisible(spans: readonly Span[], position: number): boolean {
  return spans.some(({ from, to }) => from <= position && position <= to)
}

/**
 * The last position at which a user who is no longer in the room was a member: the position of the event that
 * ended the last stay. undefined: the user never joined, or is joined now.
 */
export function leftAt(memberships: RoomHistory['memberships']): number | undefined {
  const join = memberships.findLastIndex(({ membership }) => membership === 'join')
  return join < 0 ? undefined : memberships[join + 1]?.position
}

/** The rules of the specification for an event at `position`, sent while `state` was current. */
function allows(state: VisibilityState, position: number, lastJoin: number): boolean {
  if (state.visibility === 'world_readable' || state.membership === 'join') return true
  if (state.visibility === 'shared') return lastJoin > position
  return state.visibility === 'invited' && state.membership === 'invite'
}

function changes(history: RoomHistory): { position: number; to: Partial<VisibilityState> }[] {
  const all = [
    ...history.memberships.map(({ position, membership }) => ({ position, to: { membership } })),
    ...history.settings.map(({ position, visibility }) => ({ position, to: { visibility } })),
  ]
  return all.toSorted((a, b) => a.position - b.position)
}

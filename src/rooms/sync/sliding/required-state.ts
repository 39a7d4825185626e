import type { UserId } from '../../../lib/ids.ts'
import type { Event } from '../../../lib/matrix-event.ts'

// Which state of a room a client wants (MSC4186, `RequiredStateRequest`).

/** undefined: any. */
export type StatePattern = { type: string | undefined; stateKey: string | undefined }

export type RequiredState = {
  include: readonly StatePattern[]
  /** Removed from `include`; members that are loaded lazily are not. */
  exclude: readonly StatePattern[]
  /** Members come with the events that they sent. A pattern for any type does not match members then. */
  lazyMembers: boolean
}

/**
 * `isOwn`: the key is the id of the user who asks (`$ME`), so that the rules of users who ask for the same
 * are equal.
 */
type AskedPattern = StatePattern | { type: string | undefined; isOwn: true }
export type AskedState = Omit<RequiredState, 'include'> & { include: readonly AskedPattern[] }

/** What the rule means for a user. */
export const stateFor = ({ include, ...asked }: AskedState, userId: UserId): RequiredState => ({
  ...asked,
  include: include.map((pattern) =>
    'isOwn' in pattern ? { type: pattern.type, stateKey: userId } : pattern,
  ),
})

/** The state that several rules want of one room: an event that one of them wants. */
export type StateFilter = readonly RequiredState[]

type StateOf = Pick<Event, 'type' | 'stateKey'>

const MEMBER = 'm.room.member'

export function wantsState(filter: StateFilter, event: StateOf): boolean {
  return filter.some(
    ({ include, exclude, lazyMembers }) =>
      include.some((pattern) => matches(pattern, event, lazyMembers)) &&
      !exclude.some((pattern) => matches(pattern, event, false)),
  )
}

function matches({ type, stateKey }: StatePattern, event: StateOf, lazyMembers: boolean): boolean {
  if (stateKey !== undefined && stateKey !== event.stateKey) return false
  if (type === undefined) return !(lazyMembers && event.type === MEMBER && stateKey === undefined)
  return type === event.type
}

export const isLazy = (filter: StateFilter): boolean => filter.some(({ lazyMembers }) => lazyMembers)

/** Whether all members can match, so that they have to be read. */
export function wantsAllMembers(filter: StateFilter): boolean {
  return filter.some(({ include, lazyMembers }) =>
    include.some(
      ({ type, stateKey }) =>
        stateKey === undefined && (type === MEMBER || (type === undefined && !lazyMembers)),
    ),
  )
}

/** The types of which state has to be read, beside members by their ids; undefined: all. */
export function wantedTypes(filter: StateFilter): string[] | undefined {
  const types = new Set<string>()
  for (const { include } of filter)
    for (const { type } of include) {
      if (type === undefined) return undefined
      types.add(type)
    }
  if (!wantsAllMembers(filter)) types.delete(MEMBER)
  return [...types].sort()
}

/** The users whose member events are wanted by their ids. */
export function wantedMembers(filter: StateFilter): string[] {
  const keys = filter.flatMap(({ include }) =>
    include.flatMap(({ type, stateKey }) =>
      stateKey !== undefined && (type === undefined || type === MEMBER) ? [stateKey] : [],
    ),
  )
  return [...new Set(keys)]
}

/** Whether `to` can want state that `from` does not. */
export function expandsState(from: StateFilter, to: StateFilter): boolean {
  return !to.every((wanted) => from.some((had) => covers(had, wanted)))
}

function covers(had: RequiredState, wanted: RequiredState): boolean {
  const among = (patterns: readonly StatePattern[]) => (one: StatePattern) =>
    patterns.some(({ type, stateKey }) => type === one.type && stateKey === one.stateKey)
  return (
    wanted.include.every(among(had.include)) &&
    had.exclude.every(among(wanted.exclude)) &&
    (had.lazyMembers
      ? wanted.lazyMembers || !wanted.include.some(({ type }) => type === undefined)
      : !wanted.lazyMembers)
  )
}

/** The text of a filter in a stored connection. Equal filters have equal texts. */
export function stateFilterText(filter: StateFilter): string {
  const patterns = (of: readonly StatePattern[]) =>
    of.map(({ type, stateKey }) => [type ?? null, stateKey ?? null])
  return JSON.stringify(
    filter.map(({ include, exclude, lazyMembers }) => [
      patterns(include),
      patterns(exclude),
      lazyMembers ? 1 : 0,
    ]),
  )
}

type StoredPattern = [string | null, string | null]

export function stateFilterOf(text: string): StateFilter {
  const patterns = (of: StoredPattern[]): StatePattern[] =>
    of.map(([type, stateKey]) => ({ type: type ?? undefined, stateKey: stateKey ?? undefined }))
  return (JSON.parse(text) as [StoredPattern[], StoredPattern[], number][]).map(
    ([include, exclude, lazy]) => ({
      include: patterns(include),
      exclude: patterns(exclude),
      lazyMembers: lazy === 1,
    }),
  )
}

import { requireSession, viewerFacts, type ViewerFacts } from '../../../accounts/viewer.ts'
import type { RoomId } from '../../../lib/ids.ts'
import { once } from '../../../lib/once.ts'
import type { Queries } from '../../../storage/query.ts'
import { coversPoint, END, coversUpTo, START } from '../../../storage/stream-point.ts'
import { accountDataOf, type AccountData } from '../extras.ts'
import { NO_FILTER } from '../filter.ts'
import { changesHidden } from '../ignoring.ts'
import type { SyncToken } from '../token.ts'
import type { ConnectionState } from './connection-state.ts'
import type { SlidingBody, SlidingDeps, Start } from './deps.ts'
import type { ExtensionContext, ExtensionPart, ExtensionRoom } from './extension.ts'
import { extensionsAfter, type KnownExtensions, switchedOff } from './known-extensions.ts'
import { filterFacts, NO_FACTS, needsFacts } from './filter-facts.ts'
import { unknownPos } from './pos.ts'
import { type ReadRooms, readSelection } from './read-selection.ts'
import { NO_RECEIPTS, receiptNews, type ReceiptNews } from './receipt-news.ts'
import type { SlidingRequest } from './request.ts'
import type { SlidingReader } from './room-reader.ts'
import type { RoomMap } from './room-map.ts'
import { roomsOfUser, type RoomsOfUser } from './rooms-of-user.ts'
import { selectRooms } from './select-rooms.ts'
import { type Windows, windowsOf } from './windows.ts'

export type SlidingResult = {
  body: Omit<SlidingBody, 'pos'>
  /** Where the next response continues. */
  token: SyncToken
  state: ConnectionState
  extensions: KnownExtensions
  /** Ends the wait of a long poll. */
  hasNews: boolean
}

type Facts = Omit<ViewerFacts, 'accountData'> & { accountData: AccountData }
/** One attempt to respond, in one snapshot. */
type Attempt = {
  read: Queries
  request: SlidingRequest
  start: Start
  now: SyncToken
  facts: Facts
  /** The rooms where the typing users changed since the previous response. A new connection does not need them. */
  typed: ReadonlySet<RoomId>
}

/** The response at this moment, as one snapshot of the database. */
export async function readResponse(
  deps: SlidingDeps,
  request: SlidingRequest,
  start: Start,
): Promise<SlidingResult> {
  // Taken before the snapshot: the next response contains later typing, and may repeat some.
  const parts = deps.tokenParts()
  return deps.db.snapshot(
    async (read) => {
      const { since } = start
      // A new connection does not need changes.
      const facts = await viewerFacts(read, request.viewer, since?.position ?? END)
      requireSession(facts)
      const now = { ...parts, position: facts.position }
      if (since !== undefined && !coversPoint(now.position, since.position))
        throw unknownPos('pos is ahead of this server, which was restored from a back-up')
      const accountData = accountDataOf(facts.accountData)
      const typed = since && request.extensions.typing ? deps.typing.changedSince(since.typing ?? 0) : []
      const attempt = { read, request, start, now, facts: { ...facts, accountData }, typed: new Set(typed) }
      const found = await readRooms(deps, attempt)
      const extensions = await readExtensions(deps, attempt, found)
      return {
        body: { lists: found.lists, rooms: found.rooms, extensions: extensions.parts },
        token: now,
        state: found.state,
        extensions: extensionsAfter(request.extensions, start.extensions, (since ?? now).position),
        hasNews: Object.keys(found.rooms).length > 0 || extensions.hasNews,
      }
    },
    { isBrief: true },
  )
}

type FoundRooms = Pick<SlidingBody, 'lists' | 'rooms'> & {
  state: ConnectionState
  windows: Windows['configs']
  /** All rooms of the user. */
  listed: Pick<RoomMap, 'get'>
  read: ReadRooms
  receiptNews: ReceiptNews
}

const NOTHING: ReadRooms = {
  rooms: {},
  starts: new Map(),
  deferred: new Set(),
  initial: new Set(),
  grown: new Set(),
}

const NO_ROOMS_FOUND: Omit<FoundRooms, 'state'> = {
  lists: {},
  rooms: {},
  windows: new Map(),
  listed: new Map(),
  read: NOTHING,
  receiptNews: NO_RECEIPTS,
}

async function readRooms(deps: SlidingDeps, attempt: Attempt): Promise<FoundRooms> {
  const { read, request, start, now, facts } = attempt
  const { viewer, lists, subscriptions } = request
  const known = start.state
  if (lists.size === 0 && subscriptions.size === 0 && known.size === 0)
    return { ...NO_ROOMS_FOUND, state: known }
  const { userId } = viewer
  const { ignored } = facts
  const since = start.since?.position
  const ofUser = await roomsOfUser(read, deps.roomLists, {
    lists,
    subscriptions,
    userId,
    since,
    ignored,
    blocksInvitations: facts.blocksInvitations,
    position: now.position,
    known,
  })
  const { windows, isDm, isSettled, changesDirect } = await windowsFor(deps, attempt, ofUser)
  const receipts = await receiptsSince(attempt)
  const counted = countedRooms(attempt, ofUser, receipts)
  const selection = selectRooms({
    windows,
    rooms: ofUser.rooms,
    isSettled,
    left: ofUser.left,
    known,
    since: since ?? START,
    isDm,
    changed: [
      ...changedRooms(attempt, ofUser, receipts),
      // Also outside all windows, where the client does not get the new flag yet.
      ...(changesDirect ? withOtherFlag(known, isDm) : []),
    ],
    counted,
    typed: attempt.typed,
    switchedOff: switchedOff(request.extensions, start.extensions),
    maxRooms: deps.maxRooms,
  })
  const { rooms: selected, state } = selection
  if (selection.isSettled && !(isSettled && state === known)) deps.windowCache.settle(state, windows)
  const reader = readerOf(deps, attempt)
  const found = await readSelection(deps, read, { reader, rooms: selected, counted, render: request.render })
  return {
    lists: windows.counts,
    rooms: found.rooms,
    state,
    windows: windows.configs,
    listed: ofUser.rooms,
    read: found,
    receiptNews: receipts,
  }
}

function readerOf(deps: SlidingDeps, { request, start, now, facts: { ignored } }: Attempt): SlidingReader {
  const { pageBytes, sharedRooms, newRooms, streamNews, clock } = deps
  const { viewer, hasCounts } = request
  const [since, { position }] = [start.since?.position, now]
  const recent = since && streamNews.find({ since, position })?.events
  const reading = { viewer, now: clock.now(), pageBytes, sharedRooms, newRooms, hasCounts, ignored }
  return { ...reading, since, position, recent }
}

type FoundWindows = {
  windows: Windows
  isDm: (roomId: RoomId) => boolean
  isSettled: boolean
  /** `m.direct` has changed. */
  changesDirect: boolean
}

/** The rooms whose flag for direct rooms differs from what the client has. */
const withOtherFlag = (known: ConnectionState, isDm: (roomId: RoomId) => boolean): RoomId[] =>
  [...known].filter(([roomId, sent]) => isDm(roomId) !== sent.isDm).map(([roomId]) => roomId)

/** The windows of the request. For a list that is known and settled, nothing is read and no room is looked at. */
async function windowsFor(
  { windowCache }: SlidingDeps,
  { read, request, start, now: { position }, facts }: Attempt,
  { rooms, shape }: RoomsOfUser,
): Promise<FoundWindows> {
  const { lists, viewer } = request
  const { state: known, asked } = start
  const filters = [...lists.values()].map((list) => list.filters)
  const ofFilters = once(() => filterFacts(read, { userId: viewer.userId, filters, rooms }))
  // Account data can change these lists.
  const isFactual = filters.some(needsFacts)
  const key = { shape: isFactual ? undefined : shape, rooms, asked }
  const found = windowCache.find(key)
  const windows =
    found ??
    windowsOf(request, rooms, {
      facts: isFactual ? await ofFilters() : NO_FACTS,
      position,
      before: windowCache.findInOtherOrder(key),
    })
  if (!found) windowCache.keep(key, { windows, position })
  const changesDirect = facts.accountData.of('').some(({ type }) => type === 'm.direct')
  const isSettled = !changesDirect && windowCache.isSettled(known, windows)
  const isSent = (roomId: RoomId) => known.has(roomId) && known.get(roomId)?.upTo === undefined
  // The client has the flags of these rooms, and no flag changed.
  if (isSettled || (!changesDirect && [...windows.configs.keys()].every(isSent)))
    return { windows, isDm: (roomId) => known.get(roomId)?.isDm ?? false, isSettled, changesDirect }
  const { isDm } = await ofFilters()
  return { windows, isDm, isSettled, changesDirect }
}

async function receiptsSince({ read, request, start, now, facts }: Attempt): Promise<ReceiptNews> {
  const { hasCounts, extensions, viewer } = request
  if (!start.since || !(hasCounts || extensions.receipts)) return NO_RECEIPTS
  const since = start.since.position
  if (coversUpTo(since, facts.receiptsPosition)) return NO_RECEIPTS
  const known = start.state.keys()
  return receiptNews(read, { userId: viewer.userId, since, position: now.position, known })
}

/**
 * The rooms of the user's own receipts. After a change of the hidden users, all counts may differ and
 * invitations may have come back.
 */
function countedRooms(
  { request: { hasCounts }, start, facts }: Attempt,
  { rooms }: RoomsOfUser,
  receipts: ReceiptNews,
): ReadonlySet<RoomId> {
  const own = hasCounts ? receipts.own : new Set<RoomId>()
  if (!start.since || !changesHidden(facts.accountData)) return own
  const all = [...rooms.values()].filter(
    ({ membership }) => membership === 'invite' || (hasCounts && membership === 'join'),
  )
  return new Set([...own, ...all.map(({ roomId }) => roomId)])
}

/** The rooms with news since the last response, of any kind. */
function* changedRooms(
  { start, facts }: Attempt,
  { rooms }: RoomsOfUser,
  receipts: ReceiptNews,
): Generator<RoomId> {
  const since = start.since?.position
  if (since === undefined) return
  for (const { roomId } of rooms.activeAfter(since)) yield roomId
  yield* facts.accountData.roomIds
  yield* receipts.rooms ?? start.state.keys()
}

async function readExtensions(
  deps: SlidingDeps,
  attempt: Attempt,
  found: FoundRooms,
): Promise<{ parts: Record<string, ExtensionPart>; hasNews: boolean }> {
  const { read, request, start, now, facts, typed } = attempt
  const { since } = start
  const context: ExtensionContext = {
    ...facts,
    read,
    viewer: request.viewer,
    filter: NO_FILTER,
    fullState: false,
    stateForm: 'state_after',
    requests: request.extensions,
    since,
    now,
    known: start.extensions,
    rooms: [...roomsOf(attempt, found)],
    starts: found.read.starts,
    deferred: found.read.deferred,
    receiptNews: found.receiptNews,
    typed,
  }
  const parts: Record<string, ExtensionPart> = {}
  let hasNews = false
  for (const [name, extension] of Object.entries(deps.extensions)) {
    const result = await extension(context)
    if (!result) continue
    parts[name] = result.part
    hasNews ||= result.hasNews
  }
  return { parts, hasNews }
}

/**
 * The rooms of which an extension can have data. Of the other rooms in the windows the client has everything,
 * and nothing happened there.
 */
function* roomsOf(
  { start, facts, typed }: Attempt,
  { windows, listed, state, read: found, receiptNews: news }: FoundRooms,
): Generator<ExtensionRoom> {
  // A new state: some rooms are new, or come back into a window or into the scope of an extension.
  const isEvery = !start.since || state !== start.state
  const ids =
    isEvery || news.rooms === undefined
      ? windows.keys()
      : new Set([...found.initial, ...news.rooms, ...facts.accountData.roomIds, ...typed])
  for (const roomId of ids) {
    const config = windows.get(roomId)
    const room = listed.get(roomId)
    if (!config || !room || !state.has(roomId)) continue
    const sent = found.initial.has(roomId) ? undefined : start.state.get(roomId)
    const after = sent && (sent.upTo ?? start.since?.position)
    yield { room, config, after, isGrown: found.grown.has(roomId), has: sent?.extensions ?? 0 }
  }
}

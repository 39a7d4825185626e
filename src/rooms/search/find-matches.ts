import type { UserId } from '../../lib/ids.ts'
import type { Queries } from '../../storage/query.ts'
import { includesRoom, type RoomEventFilter } from '../sync/filter.ts'
import { roomWord } from './index-events.ts'
import {
  entryAt,
  eventsWithWords,
  MAX_SORTED,
  type Match,
  matchesAmong,
  newestOfAll,
  newestWithWords,
  roomsToSearch,
} from './search-store.ts'

export type ScanLimits = {
  /**
   * The newest events with the words in the user's rooms that one request reads, if `scannedAtLeast` for each
   * look-up is not more.
   */
  scanned: number
  /** The minimum for each of several look-ups. */
  scannedAtLeast: number
  /** The rooms of one look-up. */
  roomsAtOnce: number
  /**
   * The events with the words that PostgreSQL sorts in all look-ups. Above this number, it reads the newest
   * events instead, whatever their words.
   */
  sorted: number
  /** The number of these events. */
  window: number
  /** The newest matches that one request reads: it bounds the work for a word that is in every message. */
  matches: number
}

const LIMITS: ScanLimits = {
  scanned: 5000,
  scannedAtLeast: 500,
  roomsAtOnce: 50,
  sorted: MAX_SORTED,
  window: 10_000,
  matches: 1000,
}
/** A shorter word must be equal: too many words begin with it. */
const MIN_PREFIX = 3

/**
 * `top`: the newest position that was compared. `end`: the position before which there may be further
 * matches. `isCommon`: the words are in so many events of these rooms that a window was read.
 */
export type Found = { matches: readonly Match[]; top: number; end: number | undefined; isCommon: boolean }

export type Search = {
  userId: UserId
  words: readonly string[]
  filter: RoomEventFilter
  types: readonly string[]
  ignored: readonly string[]
  /** Only events before this position. */
  below: number
  /** The result for an earlier part of the search, which saves a look-up. */
  isCommon?: boolean
}

/**
 * The newest events with all words in the rooms where the user is or was joined. Only these rooms decide what
 * is found and where the next request continues, so that nothing shows how often the words are in other
 * rooms.
 */
export async function findMatches(q: Queries, search: Search, limits = LIMITS): Promise<Found> {
  const { filter, userId, ...conditions } = search
  const roomIds = (await q.all(roomsToSearch, { userId }))
    .map((row) => row.room_id)
    .filter((roomId) => includesRoom(filter, roomId))
  if (roomIds.length === 0) return { matches: [], top: 0, end: undefined, isCommon: false }
  const roomWords = roomIds.map(roomWord)
  const scanned = search.isCommon === true ? undefined : await scan(q, search, { roomWords, limits })
  const isCommon = scanned === undefined
  const { positions, top, end } = scanned ?? (await scanWindow(q, search, limits.window))
  const matches = await q.all(matchesAmong, { ...conditions, positions, roomIds, limit: limits.matches })
  if (matches.length === limits.matches) return { matches, top, end: matches.at(-1)?.position, isCommon }
  const isEmptyWindow = isCommon && end !== undefined && matches.length === 0
  return {
    matches,
    top,
    end: isEmptyWindow ? await afterNewest(q, { ...search, below: end }, { roomWords, limits }) : end,
    isCommon,
  }
}

type Rooms = { roomWords: readonly string[]; limits: ScanLimits }

/** The position after the newest event with the words: windows that have none are skipped. undefined: there is none. */
async function afterNewest(
  q: Queries,
  { words, below }: Search,
  { roomWords, limits }: Rooms,
): Promise<number | undefined> {
  let newest = 0
  for (const condition of lookUps(words, roomWords, limits.roomsAtOnce)) {
    const row = await q.first(newestOfAll, { ...condition, below })
    newest = Math.max(newest, row?.rowid ?? 0)
  }
  return newest === 0 ? undefined : newest + 1
}

/** The conditions of the look-ups, each for some of the rooms. */
function* lookUps(words: readonly string[], roomWords: readonly string[], roomsAtOnce: number) {
  for (let at = 0; at < roomWords.length; at += roomsAtOnce)
    yield conditionOf(words, roomWords.slice(at, at + roomsAtOnce))
}

/** `end`: not all events before it were read. */
type Scanned = { positions: readonly number[]; top: number; end: number | undefined }

/** undefined: more events have the words than PostgreSQL sorts. */
async function scan(
  q: Queries,
  { words, below }: Search,
  { roomWords, limits }: Rooms,
): Promise<Scanned | undefined> {
  const { roomsAtOnce } = limits
  const count = Math.ceil(roomWords.length / roomsAtOnce)
  const limit = Math.max(limits.scannedAtLeast, Math.ceil(limits.scanned / count))
  const found: number[] = []
  let sorted = 0
  let end = 0
  for (const condition of lookUps(words, roomWords, roomsAtOnce)) {
    const rows = await q.all(eventsWithWords, { ...condition, below, limit })
    sorted += rows[0]?.total ?? 0
    if (sorted > limits.sorted) return undefined
    for (const row of rows) found.push(row.rowid)
    // Before this position, events of these rooms were left out.
    if (rows.length === limit) end = Math.max(end, rows.at(-1)?.rowid ?? 0)
  }
  const positions = found.filter((position) => position >= end).sort((a, b) => b - a)
  return { positions, top: positions[0] ?? 0, end: end === 0 ? undefined : end }
}

/**
 * The events with the words in a window of positions: those of all rooms, and neither its top nor its end
 * depends on the words.
 */
async function scanWindow(q: Queries, { words, below }: Search, size: number): Promise<Scanned> {
  const window = { below, size }
  const rows = await q.all(newestWithWords, { ...conditionOf(words, []), ...window })
  const top = await q.first(entryAt, { below, place: 1 })
  const floor = await q.first(entryAt, { below, place: size })
  return { positions: rows.map((row) => row.rowid), top: top?.rowid ?? 0, end: floor?.rowid }
}

/** The condition in the language of FTS5 and in that of a tsquery. */
function conditionOf(words: readonly string[], roomWords: readonly string[]) {
  const isPrefix = (word: string) => word.length >= MIN_PREFIX
  const oneOf = (texts: readonly string[], or: string) => (texts.length > 0 ? [`(${texts.join(or)})`] : [])
  return {
    match: [
      ...words.map((word) => `"${word}"${isPrefix(word) ? '*' : ''}`),
      ...oneOf(
        roomWords.map((word) => `"${word}"`),
        ' OR ',
      ),
    ].join(' AND '),
    tsquery: [
      ...words.map((word) => `'${word}'${isPrefix(word) ? ':*' : ''}`),
      ...oneOf(
        roomWords.map((word) => `'${word}'`),
        ' | ',
      ),
    ].join(' & '),
  }
}

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
  newestWithWords,
  roomsToSearch,
} from './search-store.ts'

export type ScanLimits = {
  /** The newest events with the words in the user's rooms that one request reads, if `scannedAtLeast` for each look-up is not more. */
  scanned: number
  /** The minimum for each of several look-ups. */
  scannedAtLeast: number
  /** The rooms of one look-up. */
  roomsAtOnce: number
  /** The events with the words that PostgreSQL sorts in all look-ups. Above this number, it reads the newest events instead, whatever their words. */
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

/** `top`: the newest position that was compared. `end`: the position before which there may be further matches. */
export type Found = { matches: readonly Match[]; top: number; end: number | undefined }

export type Search = {
  userId: UserId
  words: readonly string[]
  filter: RoomEventFilter
  types: readonly string[]
  ignored: readonly string[]
  /** Only events before this position. */
  below: number
}

/**
 * The newest events with all words in the rooms where the user is or was joined. Only these rooms decide what is found and where the next request continues, so that nothing shows how
 * often the words are in other rooms.
 */
export async function findMatches(q: Queries, search: Search, limits = LIMITS): Promise<Found> {
  const { filter, userId, ...conditions } = search
  const roomIds = (await q.all(roomsToSearch, { userId }))
    .map((row) => row.room_id)
    .filter((roomId) => includesRoom(filter, roomId))
  if (roomIds.length === 0) return { matches: [], top: 0, end: undefined }
  const { positions, top, end } = await scan(q, search, { roomWords: roomIds.map(roomWord), limits })
  const matches = await q.all(matchesAmong, { ...conditions, positions, roomIds, limit: limits.matches })
  return {
    matches,
    top,
    end: matches.length === limits.matches ? matches.at(-1)?.position : end,
  }
}

/** `end`: not all events before it were read. */
type Scanned = { positions: readonly number[]; top: number; end: number | undefined }

async function scan(
  q: Queries,
  search: Search,
  { roomWords, limits }: { roomWords: readonly string[]; limits: ScanLimits },
): Promise<Scanned> {
  const { words, below } = search
  const { roomsAtOnce } = limits
  const count = Math.ceil(roomWords.length / roomsAtOnce)
  const limit = Math.max(limits.scannedAtLeast, Math.ceil(limits.scanned / count))
  const found: number[] = []
  let sorted = 0
  let end = 0
  for (let at = 0; at < roomWords.length; at += roomsAtOnce) {
    const condition = conditionOf(words, roomWords.slice(at, at + roomsAtOnce))
    const rows = await q.all(eventsWithWords, { ...condition, below, limit })
    sorted += rows[0]?.total ?? 0
    if (sorted > limits.sorted) return scanWindow(q, search, limits.window)
    for (const row of rows) found.push(row.rowid)
    // Before this position, events of these rooms were left out.
    if (rows.length === limit) end = Math.max(end, rows.at(-1)?.rowid ?? 0)
  }
  const positions = found.filter((position) => position >= end).sort((a, b) => b - a)
  return { positions, top: positions[0] ?? 0, end: end === 0 ? undefined : end }
}

/** The events with the words in a window of positions: those of all rooms, and neither its top nor its end depends on the words. */
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

import { ignoredBy } from '../../accounts/ignored-users.ts'
import { invalidParam } from '../../lib/errors.ts'
import type { EventId, RoomId } from '../../lib/ids.ts'
import { sizeOf } from '../../lib/json-size.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { wordsOf } from '../../lib/words.ts'
import type { Queries } from '../../storage/query.ts'
import { findEvents } from '../event-store.ts'
import { historiesOf } from '../history-store.ts'
import { includesRoom, matchesRoomEvent, type RoomEventFilter } from '../sync/filter.ts'
import type { PageReader } from '../timeline.ts'
import { isVisible, type RoomHistory, visibleSpans } from '../visibility.ts'
import { roomWord } from './index-events.ts'
import { type ContextSize, resultOf, type ResultReader, statesOf } from './results.ts'
import { eventsWithWords, type Match, matchesAmong, roomsToSearch } from './search-store.ts'

export type SearchRequest = {
  term: string
  /** The types of events to search. */
  types: readonly string[]
  filter: RoomEventFilter
  order: 'rank' | 'recent'
  limit: number
  context: ContextSize | undefined
  includeState: boolean
  groupBy: readonly ('room_id' | 'sender')[]
  /** The `next_batch` of the previous page. */
  nextBatch: string | undefined
}

/** The newest events with the words that one request reads, in all rooms of the server if the user has many rooms. */
const MAX_SCANNED = 5000
/** The newest matches that one request reads: it bounds the work for a word that is in every message. */
const MAX_MATCHES = 1000
const MAX_WORDS = 10
/** Above this number, the rooms of the user only filter the events with the words. */
const MAX_ROOM_WORDS = 50
/** A shorter word must be equal: too many words begin with it. */
const MIN_PREFIX = 3

/**
 * Events by words in their text, of those that the user may see (client-server API, "Server Side Search"): the category `room_events`. Each word of the
 * term must be the beginning of a word of the event. A page is the newest matches, or the best of the newest 1,000; the pages after them continue
 * with the matches before these. A page can be empty and have a `next_batch`.
 * @throws 400 M_INVALID_PARAM for a `next_batch` that is not from an earlier page
 */
export async function searchEvents(
  q: Queries,
  reader: PageReader,
  request: SearchRequest,
): Promise<JsonObject> {
  const words = wordsOf(request.term).slice(0, MAX_WORDS)
  const from = parseBatch(request)
  if (words.length === 0) return { count: 0, highlights: [], results: [] }
  const { userId } = reader.viewer
  const ignored = await ignoredBy(q, userId)
  const found = await findMatches(q, {
    ...request,
    userId,
    words,
    ignored: [...ignored],
    below: from.below,
  })
  const histories = await historiesOf(q, userId, [...new Set(found.matches.map((row) => row.room_id))])
  const visible = visibleMatches(found.matches, histories, request.filter).map((match) => ({
    ...match,
    rank: Number((words.length / Math.max(words.length, match.word_count)).toFixed(4)),
  }))
  if (request.order === 'rank') visible.sort((a, b) => b.rank - a.rank || b.position - a.position)
  const page = await resultsOf(q, { ...reader, ignored, histories }, { request, from, matches: visible })
  const next = nextBatch(request, { from, found, visible, read: page.read })
  return {
    count: visible.length,
    highlights: words,
    results: page.results,
    ...(next !== undefined && { next_batch: next }),
    ...(request.groupBy.length > 0 && { groups: groupsOf(page.events, request.groupBy) }),
    ...(request.includeState && {
      state: await statesOf(
        q,
        { ...reader, ignored, histories, pageBytes: reader.pageBytes - page.bytes },
        page.events,
      ),
    }),
  }
}

type Ranked = Match & { rank: number }

/** `top`: the newest position with the words. `end`: the position before which there may be further matches. */
type Found = { matches: readonly Match[]; top: number; end: number | undefined }

async function findMatches(
  q: Queries,
  {
    words,
    filter,
    userId,
    below,
    ...conditions
  }: Pick<SearchRequest, 'filter' | 'types'> & {
    words: readonly string[]
    userId: PageReader['viewer']['userId']
    ignored: readonly string[]
    below: number
  },
): Promise<Found> {
  const roomIds = (await q.all(roomsToSearch, { userId }))
    .map((row) => row.room_id)
    .filter((roomId) => includesRoom(filter, roomId))
  if (roomIds.length === 0) return { matches: [], top: 0, end: undefined }
  const roomWords = roomIds.length <= MAX_ROOM_WORDS ? roomIds.map(roomWord) : []
  const isPrefix = (word: string) => word.length >= MIN_PREFIX
  const scanned = await q.all(eventsWithWords, {
    match: [
      ...words.map((word) => `"${word}"${isPrefix(word) ? '*' : ''}`),
      ...(roomWords.length > 0 ? [`(${roomWords.map((word) => `"${word}"`).join(' OR ')})`] : []),
    ].join(' AND '),
    tsquery: [
      ...words.map((word) => `'${word}'${isPrefix(word) ? ':*' : ''}`),
      ...(roomWords.length > 0 ? [`(${roomWords.map((word) => `'${word}'`).join(' | ')})`] : []),
    ].join(' & '),
    below,
    limit: MAX_SCANNED,
  })
  const positions = scanned.map((row) => row.rowid)
  const matches = await q.all(matchesAmong, { ...conditions, positions, roomIds, limit: MAX_MATCHES })
  const end = positions.length === MAX_SCANNED ? positions.at(-1) : undefined
  return {
    matches,
    top: positions[0] ?? 0,
    end: matches.length === MAX_MATCHES ? matches.at(-1)?.position : end,
  }
}

/** A message is indexed by the text of its newest edit, so the user must be allowed to see both. */
function visibleMatches(
  matches: readonly Match[],
  histories: ReadonlyMap<RoomId, RoomHistory>,
  filter: RoomEventFilter,
): Match[] {
  const spans = new Map([...histories].map(([roomId, history]) => [roomId, visibleSpans(history)]))
  // Whether an event has a URL is only known when it is read.
  const known = { ...filter, containsUrl: undefined }
  return matches.filter(
    ({ room_id: roomId, position, edit_position: edit, type, sender }) =>
      isVisible(spans.get(roomId) ?? [], position) &&
      (edit === null || isVisible(spans.get(roomId) ?? [], edit)) &&
      matchesRoomEvent(known, roomId, { type, sender, content: {} }),
  )
}

/** `read`: how many matches the page has used, with those that the filter hides. `bytes`: the size of the results. */
async function resultsOf(
  q: Queries,
  reader: ResultReader,
  { request, from, matches }: { request: SearchRequest; from: Batch; matches: readonly Ranked[] },
): Promise<{ results: JsonObject[]; events: Event[]; read: number; bytes: number }> {
  const wanted = matches.slice(from.offset, from.offset + request.limit)
  const found = await findEvents(
    q,
    wanted.map((match) => match.event_id),
  )
  const results: JsonObject[] = []
  const events: Event[] = []
  let bytes = 0
  let read = 0
  for (const { event_id: eventId, room_id: roomId, rank } of wanted) {
    const event = found.get(eventId)
    if (event && matchesRoomEvent(request.filter, roomId, event)) {
      const result = { rank, ...(await resultOf(q, reader, { event, size: request.context })) }
      const size = sizeOf(result)
      if (bytes + size > reader.pageBytes && results.length > 0) break
      bytes += size
      results.push(result)
      events.push(event)
    }
    read++
  }
  return { results, events, read, bytes }
}

function groupsOf(events: readonly Event[], keys: readonly ('room_id' | 'sender')[]): JsonObject {
  const groups = keys.map((key) => {
    const values = Map.groupBy(events, (event) => (key === 'room_id' ? event.roomId : event.sender))
    const found = [...values].map(([value, members], order) => {
      const results: EventId[] = members.map((event) => event.eventId)
      return [value, { order, results }] as const
    })
    return [key, Object.fromEntries(found)] as const
  })
  return Object.fromEntries(groups)
}

/** `offset`: matches of this part that earlier pages have, if they are in the order of rank. */
type Batch = { below: number; offset: number }

function parseBatch({ nextBatch: text, order }: Pick<SearchRequest, 'nextBatch' | 'order'>): Batch {
  if (text === undefined) return { below: Number.MAX_SAFE_INTEGER, offset: 0 }
  const [, ordered, below, offset] = /^(rank|recent)_(\d{1,15})_(\d{1,4})$/.exec(text) ?? []
  if (ordered !== order)
    throw invalidParam(
      'next_batch must be the next_batch of the previous page of the same search, with the same order_by',
    )
  return { below: Number(below), offset: Number(offset) }
}

function nextBatch(
  { order }: SearchRequest,
  { from, found, visible, read }: { from: Batch; found: Found; visible: readonly Ranked[]; read: number },
): string | undefined {
  const used = from.offset + read
  if (used < visible.length)
    return order === 'recent'
      ? `recent_${visible[used - 1]?.position ?? 0}_0`
      : `rank_${found.top + 1}_${used}`
  return found.end === undefined ? undefined : `${order}_${found.end}_0`
}

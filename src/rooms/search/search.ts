import { ignoredBy } from '../../accounts/ignored-users.ts'
import type { EventId, RoomId } from '../../lib/ids.ts'
import { sizeOf } from '../../lib/json-size.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { wordsOf } from '../../lib/words.ts'
import type { Queries } from '../../storage/query.ts'
import { findEvents } from '../event-store.ts'
import { historiesOf } from '../history-store.ts'
import { matchesRoomEvent, type RoomEventFilter } from '../sync/filter.ts'
import type { PageReader } from '../timeline.ts'
import { isVisible, type RoomHistory, visibleSpans } from '../visibility.ts'
import { findMatches } from './find-matches.ts'
import {
  type Batch,
  type GroupKey,
  isInGroup,
  nextBatch,
  type Order,
  parseBatch,
  type Position,
} from './next-batch.ts'
import { type ContextSize, resultOf, type ResultReader, statesOf } from './results.ts'
import type { Match } from './search-store.ts'

export type SearchRequest = {
  term: string
  /** The types of events to search. */
  types: readonly string[]
  filter: RoomEventFilter
  order: Order
  limit: number
  context: ContextSize | undefined
  includeState: boolean
  groupBy: readonly GroupKey[]
  /** The `next_batch` of the previous page. */
  nextBatch: string | undefined
}

const MAX_WORDS = 10
/** The parts of a search that one request reads until one has results. */
const MAX_PARTS = 20

/**
 * Events by words in their text, of those that the user may see (client-server API, "Server Side Search"):
 * the category `room_events`. Each word of the term must be the beginning of a word of the event. A page is
 * the newest matches, or the best of the newest 1,000; the pages after them continue with the matches before
 * these. A part without results is passed over; after `MAX_PARTS` of them a page is empty and has a
 * `next_batch`.
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
  const ignored = await ignoredBy(q, reader.viewer.userId)
  let part = await readPart(q, reader, { request, words, ignored, from })
  for (let read = 1; read < MAX_PARTS && part.results.length === 0 && part.next !== undefined; read++) {
    const nextFrom = parseBatch({ nextBatch: part.next, order: request.order })
    part = await readPart(q, reader, { request, words, ignored, from: nextFrom, isCommon: part.isCommon })
  }
  const { next, position, histories } = part
  return {
    count: position.visible.length,
    highlights: words,
    results: part.results,
    ...(next !== undefined && { next_batch: next }),
    ...(request.groupBy.length > 0 && { groups: groupsOf(part.events, request.groupBy, position) }),
    ...(request.includeState && {
      state: await statesOf(
        q,
        { ...reader, ignored, histories, pageBytes: reader.pageBytes - part.bytes },
        part.events,
      ),
    }),
  }
}

type PartRequest = {
  request: SearchRequest
  words: readonly string[]
  ignored: ReadonlySet<string>
  from: Batch
  isCommon?: boolean
}

/** The results after `from`, of the matches of one look-up. */
async function readPart(
  q: Queries,
  reader: PageReader,
  { request, words, ignored, from, isCommon = false }: PartRequest,
) {
  const { userId } = reader.viewer
  const found = await findMatches(q, {
    ...request,
    userId,
    words,
    ignored: [...ignored],
    below: from.below,
    isCommon,
  })
  const histories = await historiesOf(q, userId, [...new Set(found.matches.map((row) => row.room_id))])
  const shown = visibleMatches(found.matches, histories, request.filter)
  const ofGroups = shown.filter((match) => from.groups.every((group) => isInGroup(match, group)))
  const visible = ofGroups.map((match) => ({
    ...match,
    rank: Number((words.length / Math.max(words.length, match.word_count)).toFixed(4)),
  }))
  if (request.order === 'rank') visible.sort((a, b) => b.rank - a.rank || b.position - a.position)
  const page = await resultsOf(q, { ...reader, ignored, histories }, { request, from, matches: visible })
  const position = { ...found, order: request.order, from, visible, read: page.read }
  return { ...page, position, histories, next: nextBatch(position), isCommon: found.isCommon }
}

type Ranked = Match & { rank: number }

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

function groupsOf(events: readonly Event[], keys: readonly GroupKey[], position: Position): JsonObject {
  const groups = keys.map((key) => {
    const values = Map.groupBy(events, (event) => (key === 'room_id' ? event.roomId : event.sender))
    const found = [...values].map(([value, members], order) => {
      const results: EventId[] = members.map((event) => event.eventId)
      const next = nextBatch(position, [key, value])
      return [value, { order, results, ...(next !== undefined && { next_batch: next }) }] as const
    })
    return [key, Object.fromEntries(found)] as const
  })
  return Object.fromEntries(groups)
}

import { hash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { RoomId } from '../../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../../lib/json.ts'
import type { Log } from '../../lib/log.ts'
import type { Metrics } from '../../lib/metrics.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import { wordsOf } from '../../lib/words.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPoint, pointOfColumn } from '../../storage/stream.ts'
import {
  coversPoint,
  earlierOf,
  laterOf,
  lowest,
  parsePoint,
  pointText,
  positionsBetween,
  START,
  type StreamPoint,
} from '../../storage/stream-point.ts'
import { relationOf } from '../relation.ts'
import {
  deleteEntries,
  deleteEntriesAt,
  deleteIndexed,
  deleteIndexedAt,
  insertEntries,
  insertIndexed,
  lockIndex,
  nextEvent,
  progress,
  searchableEvents,
  setProgress,
} from './index-store.ts'

// Messages cost nothing more: the index follows the stream of the server from a stored position, in the
// background and before a search.

/** Positions in one transaction. It bounds how long other writes wait. */
const BATCH_SIZE = 100
/** A batch ends after the event that reaches this length of content, in UTF-16 units. */
const BATCH_LENGTH = 1_048_576
const BATCHES_AT_ONCE = 50
const EVERY_MS = 5000

/** Indexes new events every few seconds, and after an upgrade all events, at most 1,000 positions a second. */
export function startSearchIndexer(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'search index',
    everyMs: EVERY_MS,
    atOnce: 1,
    // Not a number: new messages are no news for the log.
    sweep: async () => {
      await indexNewEvents(deps.db, BATCHES_AT_ONCE)
      return 0
    },
  })
}

/** The number of positions that the index lacks, for the metrics: the words of their messages are not found yet. */
export async function indexLag(q: Queries): Promise<number> {
  const { reached, last } = await progressOf(q)
  return coversPoint(reached, last) ? 0 : positionsBetween(reached, last)
}

type Progress = { position: number; point: string | null }

/** The point up to which the index goes. */
const reachedBy = (row: Progress | undefined): StreamPoint =>
  row === undefined ? START : ((row.point === null ? undefined : parsePoint(row.point)) ?? [row.position])

async function progressOf(q: Queries): Promise<{ reached: StreamPoint; last: StreamPoint }> {
  const row = await q.first(progress, {})
  return { reached: reachedBy(row), last: pointOfColumn(row?.last ?? '0') }
}

export function watchSearchIndex({ metrics, db }: { metrics: Metrics; db: Database }): void {
  const lag = metrics.gauge(
    'belfry_search_positions_behind',
    'Positions of the stream that the search index lacks; it reads at most 1,000 a second',
  )
  // Without the database there is no value, and the other metrics stay available.
  const collect = async () => lag.set(await indexLag(db).catch(() => Number.NaN))
  Object.assign(lag, { collect })
}

/**
 * Indexes the next events, at most `batches` × 100 positions, and fewer if they are large. One statement when
 * there are none.
 */
export async function indexNewEvents(db: Database, batches: number): Promise<void> {
  const { reached, last } = await progressOf(db)
  if (coversPoint(reached, last)) return
  for (let left = batches; left > 0; left--) if (!(await indexBatch(db))) return
}

/** Resolves to whether there are more positions. */
function indexBatch(db: Database): Promise<boolean> {
  return db.transaction(async (tx) => {
    const before = reachedBy(await tx.first(lockIndex, {}))
    const last = await currentPoint(tx)
    const from = earlierOf(last, before)
    if (coversPoint(from, last)) return false
    const reached = await writeRange(tx, { from, to: await endOfBatch(tx, from, last) })
    const point = reached.length === 1 ? null : pointText(reached)
    await tx.run(setProgress, { position: lowest(reached), point })
    return !coversPoint(reached, last)
  })
}

/** The end of a batch that begins at the next event: the sequence of positions can have large gaps. */
async function endOfBatch(tx: Transaction, from: StreamPoint, last: StreamPoint): Promise<StreamPoint> {
  const next = await tx.first(nextEvent, { after: from })
  if (!next) return last
  return laterOf(from, earlierOf(last, [next.position + BATCH_SIZE * last.length - 1]))
}

/** Brings the index of one event up to date, in the transaction that edits or redacts it. */
export async function indexAgain(tx: Transaction, { type, position }: Indexable): Promise<void> {
  if (!Object.hasOwn(TEXTS, type)) return
  await tx.first(lockIndex, {})
  await writeRange(tx, { from: [position - 1], to: [position] })
}

/**
 * Removes events from the index, in the transaction that has removed them. Without the lock the index could
 * be written from what it read before.
 */
export async function removeFromIndex(tx: Transaction, positions: readonly number[]): Promise<void> {
  await tx.first(lockIndex, {})
  await tx.run(deleteIndexedAt, { positions })
  await tx.run(deleteEntriesAt, { positions })
}

type Indexable = { type: string; position: number }

/** Indexes at least the first event of the range. Resolves to the point up to which it was indexed. */
async function writeRange(
  tx: Transaction,
  { from, to }: { from: StreamPoint; to: StreamPoint },
): Promise<StreamPoint> {
  const all = await tx.all(searchableEvents, { from, to })
  let length = 0
  const last = all.findIndex((row) => {
    length += row.content.length + (row.edit?.length ?? 0)
    return length >= BATCH_LENGTH
  })
  const rows = last < 0 ? all : all.slice(0, last + 1)
  // The events are in the order of their positions.
  const end = all[last]
  const range = { from, to: end ? laterOf(from, earlierOf(to, [end.position])) : to }
  await tx.run(deleteIndexed, range)
  await tx.run(deleteEntries, range)
  const events = rows.flatMap((row) => {
    const words = wordsOf(textOf(row))
    if (words.length === 0) return []
    const { position, room_id: roomId } = row
    return [{ position, words: JSON.stringify([...words, roomWord(roomId)]), wordCount: words.length }]
  })
  if (events.length > 0) {
    tx.write(insertIndexed, { events })
    tx.write(insertEntries, { events })
  }
  return range.to
}

/**
 * Stands for the room among the words of its events, so that the search of a room does not read the matches
 * in others. It begins with `§`, which is in no word of a text, so no term finds it. The tokenizer `ascii` of
 * FTS5 divides words at ASCII characters only.
 */
export const roomWord = (roomId: RoomId) => `§${hash('sha256', roomId).slice(0, 16)}`

/** The searchable text by the type of an event. */
const TEXTS: Readonly<Record<string, (content: JsonObject) => unknown>> = {
  'm.room.message': ({ body }) => body,
  'm.room.name': ({ name }) => name,
  'm.room.topic': ({ topic, 'm.topic': texts }) =>
    [typeof topic === 'string' ? topic : '', ...plainTopics(texts)].join(' '),
}

export const SEARCHED_TYPES = Object.keys(TEXTS)

/** '' for an edit: its text belongs to the message that it edits. */
function textOf({ type, content, edit }: { type: string; content: string; edit: string | null }): string {
  const own = parseStored(content)
  if (relationOf(own)?.type === 'm.replace') return ''
  const edited = edit === null ? undefined : parseStored(edit)['m.new_content']
  const text = TEXTS[type]?.(isJsonObject(edited) ? edited : own)
  return typeof text === 'string' ? text : ''
}

/** The plain texts of `m.topic` (client-server API, `m.room.topic`). */
function plainTopics(topic: unknown): string[] {
  const texts = isJsonObject(topic as JsonObject) ? (topic as JsonObject)['m.text'] : undefined
  if (!Array.isArray(texts)) return []
  return texts
    .filter((text) => isJsonObject(text))
    .filter(({ mimetype = 'text/plain' }) => mimetype === 'text/plain')
    .map(({ body }) => body)
    .filter((body) => typeof body === 'string')
}

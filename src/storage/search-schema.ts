import type { Filled } from './columns.ts'

// The index for the search of messages. A word has the form of `lib/words.ts`.

/** A table of FTS5, or a column of type tsvector: its words are not read. `rowid`: the position of the event. */
export type SearchIndexTable = { rowid: number; words: string }

/** The number of different words of an indexed event, for its rank. */
export type SearchEntriesTable = { position: number; word_count: number }

/** One row: the events up to `position` are in the index. */
/** `point`: how far the index goes where the stream has several shards; null: up to `position`. */
export type SearchProgressTable = { id: Filled<number>; position: number; point: Filled<string | null> }

export type SearchSchema = {
  search_index: SearchIndexTable
  search_entries: SearchEntriesTable
  search_progress: SearchProgressTable
}

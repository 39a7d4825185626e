import type { Migration } from '../migration.ts'

/**
 * The index of texts of events, and how far it goes. Existing events are indexed after the start, like new
 * ones (`rooms/search/index-events.ts`).
 */
export const search: Migration = {
  id: 36,
  name: 'search',
  statements: ({ int, keyed, plain, wordIndex }) => [
    ...wordIndex('search_index'),
    `create table search_entries (position ${int} primary key, word_count ${int} not null) ${plain}`,
    `create table search_progress (id ${int} not null, position ${int} not null, primary key (id)) ${keyed}`,
    `insert into search_progress (id, position) values (1, 0)`,
  ],
}

import type { Migration } from '../migration.ts'

/**
 * All events are indexed again, because the word that stands for a room has another form
 * (`rooms/search/index-events.ts`).
 */
export const searchRooms: Migration = {
  id: 38,
  name: 'search-rooms',
  statements: () => [`update search_progress set position = 0`],
}

import type { Queries } from '../storage/query.ts'
import type { PokeEvent } from './poke.ts'
import type { RoomNameInput } from './room-name.ts'

/** All that pokes may tell of an event, whoever they go to. */
export type PokedEvent = {
  position: number
  event: Omit<PokeEvent, 'roomName'>
  /** For `roomNameFor`: the room as it was at the event. */
  room: Pick<RoomNameInput, 'name' | 'canonicalAlias' | 'members' | 'memberCount'>
}

/** Loads several at once, by position. Those that do not exist are left out. */
export type LoadPokedEvents = (
  q: Queries,
  positions: readonly number[],
) => Promise<ReadonlyMap<number, PokedEvent>>

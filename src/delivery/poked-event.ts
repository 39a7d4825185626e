import type { PokeEvent } from '../lib/matrix-event.ts'
import type { EvaluatedEvent, EvaluationContext } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import type { RoomNameInput } from './room-name.ts'

/** All that pokes may tell of an event, whoever they go to. */
export type PokedEvent = {
  position: number
  event: Omit<PokeEvent, 'roomName'>
  /** For `roomNameFor`: the room as it was at the event. */
  room: Pick<RoomNameInput, 'name' | 'canonicalAlias' | 'members' | 'memberCount'>
  /** For the rules of single devices: event and room as they were when the event was sent. */
  evaluated: EvaluatedEvent
  context: RoomMoment
}

/** What push rules may ask of a room, whoever they belong to. */
export type RoomMoment = Pick<EvaluationContext, 'memberCount' | 'powerLevels' | 'creators' | 'roomVersion'>

/** Loads several at once, by position. Those that do not exist are left out. */
export type LoadPokedEvents = (
  q: Queries,
  positions: readonly number[],
) => Promise<ReadonlyMap<number, PokedEvent>>

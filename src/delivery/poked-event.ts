import type { Event, PokeEvent } from '../lib/matrix-event.ts'
import type { EvaluatedEvent, EvaluationContext } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import type { RoomNameInput } from './room-name.ts'

/** The data of an event that is common to all its pokes. */
export type PokedEvent = {
  position: number
  event: Omit<PokeEvent, 'roomName'> & Pick<Event, 'originServerTs'>
  /** For `roomNameFor`: the room at the time of the event. */
  room: Pick<RoomNameInput, 'name' | 'canonicalAlias' | 'members' | 'memberCount'>
  /** For device rules: the event and the room at the time of the event. */
  evaluated: EvaluatedEvent
  context: RoomMoment
}

/** The facts about a room that push rules of all users can use. */
export type RoomMoment = Pick<EvaluationContext, 'memberCount' | 'powerLevels' | 'creators' | 'roomVersion'>

/** Loads several events by position. Events that do not exist are omitted. */
export type LoadPokedEvents = (
  q: Queries,
  positions: readonly number[],
) => Promise<ReadonlyMap<number, PokedEvent>>

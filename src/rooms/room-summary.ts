import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { setSummary } from './room-summaries-store.ts'

/** The types whose state event, with an empty state key, the row of the room contains, and the key of its content. */
const SUMMARISED: Readonly<Record<string, string>> = {
  'm.room.create': 'type',
  'm.room.name': 'name',
  'm.room.canonical_alias': 'alias',
  'm.room.avatar': 'url',
  'm.room.join_rules': 'join_rule',
  'm.room.history_visibility': 'history_visibility',
  // The event counts, whatever its content: a room cannot become unencrypted again.
  'm.room.encryption': 'algorithm',
}

/**
 * Keeps the row of the room equal to the state. Call it after the event was written as current state, or
 * pruned: an earlier event changes nothing.
 */
export function summariseState(
  tx: Transaction,
  {
    roomId,
    type,
    stateKey,
    position,
    content,
  }: Pick<Event, 'roomId' | 'type' | 'stateKey' | 'position' | 'content'>,
): void {
  const key = stateKey === '' && Object.hasOwn(SUMMARISED, type) ? SUMMARISED[type] : undefined
  if (key === undefined) return
  const text = content[key]
  tx.write(setSummary, {
    roomId,
    type,
    position,
    value: typeof text === 'string' && text !== '' ? text : null,
  })
}

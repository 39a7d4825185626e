import { editedContent } from '../lib/edited-content.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { editsUpTo } from './edits-store.ts'
import { eventOfRow } from './event-row.ts'
import { findEvents } from './event-store.ts'
import { historiesOf } from './history-store.ts'
import { eventsAt } from './relations/aggregations-store.ts'
import { isVisible, visibleSpans } from './visibility.ts'

/**
 * The contents of events that were edited or redacted, as a user sees them now: that of the newest visible
 * edit, or what the redaction has kept. Other events are absent. An edit of an event that the user may not
 * see is absent; a redaction is not.
 */
export async function currentContents(
  q: Queries,
  userId: UserId,
  eventIds: readonly EventId[],
): Promise<Map<EventId, JsonObject>> {
  const events = [...(await findEvents(q, eventIds)).values()]
  const contents = new Map<EventId, JsonObject>()
  for (const { eventId, content, redactedBy } of events)
    if (redactedBy !== null) contents.set(eventId, content)
  const present = events.filter(({ redactedBy }) => redactedBy === null)
  if (present.length === 0) return contents
  const histories = await historiesOf(q, userId, [...new Set(present.map(({ roomId }) => roomId))])
  const spansOf = (roomId: RoomId) => visibleSpans(histories.get(roomId) ?? { memberships: [], settings: [] })
  const visible = present.filter(({ roomId, position }) => isVisible(spansOf(roomId), position))
  const places = visible.map(({ roomId, position }) => ({ position, last: spansOf(roomId).at(-1)?.to ?? 0 }))
  const edits = places.length === 0 ? [] : await q.all(editsUpTo, { places })
  const positions = edits.map((row) => row.edit_position)
  const rows = positions.length === 0 ? [] : await q.all(eventsAt, { positions })
  const editOf = new Map(edits.map((row) => [row.position, row.edit_position]))
  const byPosition = new Map(rows.map((row) => [row.position, eventOfRow(row)]))
  for (const event of visible) {
    const edit = byPosition.get(editOf.get(event.position) ?? 0)
    if (edit === undefined || !isVisible(spansOf(event.roomId), edit.position)) continue
    const content = editedContent(event, edit.content)
    if (content !== undefined) contents.set(event.eventId, content)
  }
  return contents
}

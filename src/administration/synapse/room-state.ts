import type { RoomId } from '../../lib/ids.ts'
import { currentStateEvent } from '../../rooms/state-store.ts'
import type { Queries } from '../../storage/query.ts'

/** A text in the content of a state event with an empty state key; null: the room has none. */
export async function contentOf(
  q: Queries,
  { roomId, type, key }: { roomId: RoomId; type: string; key: string },
): Promise<string | null> {
  const event = await currentStateEvent(q, { roomId, type, stateKey: '' })
  const text = event?.content[key]
  return typeof text === 'string' ? text : null
}

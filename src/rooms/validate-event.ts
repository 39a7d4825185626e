import { badJson, invalidParam, tooLarge } from '../lib/errors.ts'
import type { Json } from '../lib/json.ts'
import type { EventDraft } from '../lib/matrix-event.ts'

/** In bytes (client-server API, "Size limits"). */
export const MAX_EVENT_BYTES = 65_536
/**
 * The content of a member event. A room has one for each user who ever was in it, and they do not count for
 * its quota of state.
 */
export const MAX_MEMBER_BYTES = 8192
export const MAX_KEY_BYTES = 255
/** More than any real content. It keeps the recursion below from exhausting the stack. */
const MAX_DEPTH = 100
/** The maximum size of `event_id`, the times and the names of the other fields. */
const FRAME_BYTES = 300

type Proposed = Pick<EventDraft, 'roomId' | 'sender' | 'type' | 'stateKey' | 'content'>

/**
 * Checks what is independent of the room: sizes, and whether the content can be written as canonical JSON.
 * Returns the content as text. Throws 400 `M_INVALID_PARAM` or `M_BAD_JSON`, 413 `M_TOO_LARGE`.
 */
export function contentText(event: Proposed): string {
  const typeBytes = Buffer.byteLength(event.type)
  const keyBytes = Buffer.byteLength(event.stateKey ?? '')
  if (event.type === '') throw invalidParam('The event type is empty')
  if (typeBytes > MAX_KEY_BYTES) throw invalidParam(`The event type is longer than ${MAX_KEY_BYTES} bytes`)
  if (keyBytes > MAX_KEY_BYTES) throw invalidParam(`The state key is longer than ${MAX_KEY_BYTES} bytes`)
  checkNumbers(event.content, 0)
  const content = JSON.stringify(event.content)
  if (event.type === 'm.room.member' && Buffer.byteLength(content) > MAX_MEMBER_BYTES)
    throw tooLarge(`The content of m.room.member is larger than ${MAX_MEMBER_BYTES} bytes`)
  const frame =
    FRAME_BYTES + typeBytes + keyBytes + Buffer.byteLength(event.roomId) + Buffer.byteLength(event.sender)
  if (frame + Buffer.byteLength(content) > MAX_EVENT_BYTES)
    throw tooLarge(`The event is larger than ${MAX_EVENT_BYTES} bytes`)
  return content
}

/** Canonical JSON has only integers within ±(2^53 − 1) (appendices, "Canonical JSON"). */
function checkNumbers(value: Json, depth: number): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw badJson('Numbers must be integers within ±(2^53 - 1)')
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) throw badJson(`The content is nested deeper than ${MAX_DEPTH} levels`)
  for (const item of Object.values(value)) checkNumbers(item, depth + 1)
}

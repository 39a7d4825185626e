import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { encodeJson, type Forms } from '../message-forms.ts'
import type { Notification } from '../notification.ts'
import { trimContent } from '../trim-content.ts'

/** UnifiedPush, "Server to server": the size that every push server accepts. */
export const MAX_BODY_BYTES = 4096

/**
 * The body for the app: the notification without its `devices`, which the app knows and the push server
 * should not see.
 */
export function unifiedPushForms(notification: Notification): Forms {
  const { devices: _devices, ...fields } = notification
  // It was parsed from JSON.
  const whole = fields as JsonObject
  const { event_id: eventId, room_id: roomId, counts, prio, content } = whole
  return {
    full: () => ({ notification: whole }),
    trimmed: (maxBytes) => {
      if (!isJsonObject(content)) return undefined
      const withContent = (of: JsonObject) => ({ notification: { ...whole, content: of } })
      const surplusOf = (of: JsonObject) => Buffer.byteLength(encodeJson(withContent(of))) - maxBytes
      return withContent(trimContent(content, surplusOf))
    },
    ...(typeof eventId === 'string' &&
      eventId !== '' && {
        eventIdOnly: () => ({
          notification: {
            event_id: eventId,
            ...(typeof roomId === 'string' && { room_id: roomId }),
            ...(isJsonObject(counts) && { counts }),
            ...(typeof prio === 'string' && { prio }),
          },
        }),
      }),
  }
}

import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { encodeJson, type Forms } from '../ladder.ts'
import type { Notification } from '../notification.ts'
import { trimContent } from '../trim-content.ts'

/** UnifiedPush, "Server to server": what every push server takes. */
export const MAX_BODY_BYTES = 4096

/** What the app is given: the notification as it came, without its `devices`, which the app knows and others should not. */
export function unifiedPushForms(notification: Notification): Forms {
  const { devices: _devices, ...fields } = notification
  // It has been read from JSON.
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

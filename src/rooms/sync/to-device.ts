import { deleteReceived, waitingMessages } from '../../accounts/to-device/waiting.ts'
import type { Database } from '../../storage/database.ts'
import { currentPoint } from '../../storage/stream.ts'
import { earlierOf, highest } from '../../storage/stream-point.ts'
import type { SyncSection } from './section.ts'
import { notAhead } from './token.ts'

/** The part of a token whose response has no message. */
const NOTHING = 0

/**
 * `to_device`: the messages that wait for the device (client-server API, "Send-to-Device messaging"). Each is
 * deleted when the device syncs with the token of the response that contained it. Until then every response
 * has it, so a response always begins with the oldest waiting message, and the part of the token is only an
 * acknowledgement.
 */
export function toDeviceSection(deps: { db: Database; pageBytes: number }): SyncSection {
  return {
    tokenParts: () => ({ toDevice: NOTHING }),
    async received({ userId, deviceId }, token) {
      if (deviceId === null || (token.toDevice ?? NOTHING) === NOTHING) return
      const since = notAhead(token, { position: await currentPoint(deps.db) })
      // A valid part is never later than the position of its token.
      if (since.toDevice === undefined || since.toDevice > highest(since.position)) return
      await deleteReceived(deps.db, { userId, deviceId }, earlierOf(since.position, [since.toDevice]))
    },
    async news({ read, viewer: { userId, deviceId }, hasMessages }) {
      if (deviceId === null || !hasMessages) return { keys: {}, hasNews: false }
      const { messages, upTo } = await waitingMessages(
        read,
        { userId, deviceId },
        { maxBytes: deps.pageBytes },
      )
      return {
        keys: { to_device: { events: messages } },
        hasNews: messages.length > 0,
        parts: { toDevice: upTo ?? NOTHING },
      }
    },
  }
}

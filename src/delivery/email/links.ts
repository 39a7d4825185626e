import { consoleDevices, consoleJourney } from '../../lib/console-links.ts'
import type { EventId, RoomId } from '../../lib/ids.ts'

// Below /_matrix, because every proxy in front of a home server forwards that path.
const BASE = '/_matrix/client/unstable/org.belfry/email'
export const VALIDATE_PATH = `${BASE}/validate`
export const UNSUBSCRIBE_PATH = `${BASE}/unsubscribe`

/** The links of mails. Each begins with one of two configured URLs, which are http or https. */
export type MailLinks = {
  validate(token: string): string
  unsubscribe(token: string): string
  /** A link to a web client; undefined: none is configured. */
  room(roomId: RoomId): string | undefined
  /** Links to the web console; undefined: it is not served. */
  console: { journey(eventId: EventId): string; devices: string } | undefined
}

type LinkUrls = { publicUrl: string; clientUrl: string | undefined; hasConsole?: boolean }

export function mailLinks({ publicUrl, clientUrl, hasConsole = false }: LinkUrls): MailLinks {
  return {
    validate: (token) => `${publicUrl}${VALIDATE_PATH}/${encodeURIComponent(token)}`,
    unsubscribe: (token) => `${publicUrl}${UNSUBSCRIBE_PATH}/${encodeURIComponent(token)}`,
    room: (roomId) => clientUrl && `${clientUrl}/#/room/${encodeURIComponent(roomId)}`,
    console: hasConsole
      ? { journey: (eventId) => consoleJourney(publicUrl, eventId), devices: consoleDevices(publicUrl) }
      : undefined,
  }
}

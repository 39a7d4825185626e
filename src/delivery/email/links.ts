import type { RoomId } from '../../lib/ids.ts'

// Below /_matrix, which every proxy in front of a home server passes on.
const BASE = '/_matrix/client/unstable/org.belfry/email'
export const VALIDATE_PATH = `${BASE}/validate`
export const UNSUBSCRIBE_PATH = `${BASE}/unsubscribe`

/** The links of mails; all of them begin with one of two URLs of the configuration, which are http or https. */
export type MailLinks = {
  validate(token: string): string
  unsubscribe(token: string): string
  /** In a web client; undefined: none is known. */
  room(roomId: RoomId): string | undefined
}

export function mailLinks(urls: { publicUrl: string; clientUrl: string | undefined }): MailLinks {
  const { publicUrl, clientUrl } = urls
  return {
    validate: (token) => `${publicUrl}${VALIDATE_PATH}/${encodeURIComponent(token)}`,
    unsubscribe: (token) => `${publicUrl}${UNSUBSCRIBE_PATH}/${encodeURIComponent(token)}`,
    room: (roomId) => clientUrl && `${clientUrl}/#/room/${encodeURIComponent(roomId)}`,
  }
}

import { isInvitation, isVideoCall } from '../event-facts.ts'
import type { Notification } from '../notification.ts'

/** A text from the app's translations, and its arguments (`loc-key` and `loc-args`). */
export type Alert = { key: string; args: string[] }

const MAX_NAME_CHARS = 1024

/** The keys of the texts and the order of the arguments are Sygnal's. `undefined`: the event has no text. */
export function alertOf(notification: Notification): Alert | undefined {
  const from = nameOf(notification.sender_display_name || notification.sender || ' ')
  const room = nameOf(notification.room_name || notification.room_alias || '')
  switch (notification.type) {
    case 'm.room.message':
    case 'm.room.encrypted':
      return messageAlert(notification.content, from, room)
    case 'm.call.invite':
      return {
        key: isVideoCall(notification.content) ? 'VIDEO_CALL_FROM_USER' : 'VOICE_CALL_FROM_USER',
        args: [from],
      }
    case 'm.room.member':
      return isInvitation(notification) ? invitationAlert(from, room) : undefined
    default:
      // An unknown type, but the push rules of a user ask for a notification.
      return notification.type ? { key: 'MSG_FROM_USER', args: [from] } : undefined
  }
}

function messageAlert(content: Notification['content'], from: string, room: string): Alert {
  const { msgtype, body } = content ?? {}
  const inRoom = room !== ''
  // An event without `msgtype` is not a message, whatever its `body`.
  if (typeof body === 'string' && typeof msgtype === 'string') {
    if (msgtype === 'm.image') {
      return inRoom
        ? { key: 'IMAGE_FROM_USER_IN_ROOM', args: [from, body, room] }
        : { key: 'IMAGE_FROM_USER', args: [from, body] }
    }
    if (msgtype === 'm.emote' && body !== '') {
      return inRoom
        ? { key: 'ACTION_FROM_USER_IN_ROOM', args: [room, from, body] }
        : { key: 'ACTION_FROM_USER', args: [from, body] }
    }
    if (body !== '') {
      return inRoom
        ? { key: 'MSG_FROM_USER_IN_ROOM_WITH_CONTENT', args: [from, room, body] }
        : { key: 'MSG_FROM_USER_WITH_CONTENT', args: [from, body] }
    }
  }
  return inRoom
    ? { key: 'MSG_FROM_USER_IN_ROOM', args: [from, room] }
    : { key: 'MSG_FROM_USER', args: [from] }
}

const invitationAlert = (from: string, room: string): Alert =>
  room === ''
    ? { key: 'USER_INVITE_TO_CHAT', args: [from] }
    : { key: 'USER_INVITE_TO_NAMED_ROOM', args: [from, room] }

/** Counts code points. */
function nameOf(text: string): string {
  if (text.length <= MAX_NAME_CHARS) return text
  let end = 0
  let count = 0
  for (const char of text) {
    if (++count > MAX_NAME_CHARS) break
    end += char.length
  }
  return text.slice(0, end)
}

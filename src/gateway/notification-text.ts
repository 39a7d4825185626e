import { eventTextOf, shownName } from '../language/event-text.ts'
import type { Direction, Language } from '../language/languages.ts'
import type { LoadWords, WordsOf } from '../language/load-words.ts'
import type { JsonObject } from '../lib/json.ts'
import { isInvitation, isVideoCall } from './event-facts.ts'
import type { Notification } from './notification.ts'

// The words of a notification, for an app that has none of its own.

/** In a device: the language of its pusher. The home server sends it if the pusher's data asks for it. */
const LANG = 'org.belfry.lang'
/** In a payload and in an entry of the inbox: the words. */
export const TEXT = 'org.belfry.text'

/**
 * Plain text, not escaped. Names and texts of users are isolated in it (`language/isolate.ts`). `body` can be
 * empty.
 */
export type NotificationText = { title: string; body: string; lang: Language; dir: Direction }

type Device = { [LANG]?: unknown }

/**
 * The words for a device whose pusher asks for them; undefined: it does not ask, or the notification is only
 * about counts.
 */
export async function askedText(
  wordsOf: LoadWords,
  { device, notification }: { device: Device; notification: Omit<Notification, 'devices'> },
): Promise<NotificationText | undefined> {
  return typeof device[LANG] === 'string' ? textFor(wordsOf, { device, notification }) : undefined
}

/** As `askedText`, also for a device without a language: in that of the server. */
export async function textFor(
  wordsOf: LoadWords,
  { device, notification }: { device: Device; notification: Omit<Notification, 'devices'> },
): Promise<NotificationText | undefined> {
  const lang = device[LANG]
  const words = await wordsOf('notification', typeof lang === 'string' ? [lang] : [])
  const text = notificationText(notification as Notification, words)
  return text && { ...text, lang: words.language, dir: words.direction }
}

type Words = WordsOf<'notification'>

function notificationText(
  notification: Notification,
  words: Words,
): Pick<NotificationText, 'title' | 'body'> | undefined {
  const { type, counts } = notification
  const room = shownName(notification.room_name || notification.room_alias || '')
  const sender = shownName(notification.sender_display_name || notification.sender || '')
  const title = room || sender || words.text('new-notification')
  // Every sentence has a sender.
  if (type && sender === '') return { title, body: '' }
  if (type) return { title, body: bodyOf({ ...notification, type }, { room, sender, words }) }
  if (!notification.event_id) return undefined
  const unread = counts?.unread ?? 0
  return { title, body: unread > 0 ? words.text('unread', { count: unread }) : '' }
}

type Names = { room: string; sender: string; words: Words }

function bodyOf(notification: Notification & { type: string }, { room, sender, words }: Names): string {
  const { type, content } = notification
  if (type === 'm.call.invite')
    return words.text(isVideoCall(content) ? 'video-call' : 'voice-call', { sender })
  if (isInvitation(notification))
    return room === '' ? words.text('invited', { sender }) : words.text('invited-to', { sender, room })
  if (type === 'm.room.message' && typeof content?.body !== 'string')
    return words.text('sent-message', { sender })
  const { sentence, emote, lines } = eventTextOf({ type, content: (content ?? {}) as JsonObject })
  if (emote !== undefined) return `${words.isolate(sender)} ${words.isolate(emote)}`
  if (sentence !== undefined) return words.text(sentence, { sender })
  const text = lines.join('\n')
  // Without a name of the room, the title is the sender.
  return room === '' ? text : words.text('message', { sender, text })
}

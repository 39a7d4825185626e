import type { JsonObject } from '../lib/json.ts'
import { fewLines, oneLine } from '../lib/mail/plain-text.ts'
import type { notificationMessages } from './messages.ts'

const BODY = { max: 500, lines: 12 }
const NAME = 60

type Messages = typeof notificationMessages

/** The key of a message about the sender alone. */
export type Sentence = {
  [Key in keyof Messages]: Messages[Key] extends { sender: 'text' }
    ? keyof Messages[Key] extends 'sender'
      ? Key
      : never
    : never
}[keyof Messages]

/**
 * The description of an event. `sentence`: what the sender did. `emote`: the sender's own words for it, after
 * the name. `lines`: the text of the sender.
 */
export type EventText = { sentence?: Sentence; emote?: string; lines: string[] }

const SENT: Readonly<Record<string, Sentence>> = {
  'm.image': 'sent-picture',
  'm.video': 'sent-video',
  'm.audio': 'sent-recording',
  'm.file': 'sent-file',
  'm.location': 'sent-location',
}

/** Only plain text is used: `formatted_body` is HTML that users wrote. */
export function eventTextOf({ type, content }: { type: string; content: JsonObject }): EventText {
  if (type === 'm.room.encrypted') return { sentence: 'sent-encrypted', lines: [] }
  if (type === 'm.room.message') return message(content)
  if (type === 'm.room.member') return { sentence: membership(content), lines: [] }
  if (type === 'm.sticker') return { sentence: 'sent-sticker', lines: bodyOf(content) }
  return { sentence: 'did-something', lines: [] }
}

/** A name that users choose, such as the name of a room; empty: it has no visible characters. */
export const shownName = (name: string): string => oneLine(name, NAME)

function message(content: JsonObject): EventText {
  const { msgtype } = content
  const lines = bodyOf(content)
  if (msgtype === 'm.emote') return { emote: lines.join(' '), lines: [] }
  const sent = typeof msgtype === 'string' && Object.hasOwn(SENT, msgtype) ? SENT[msgtype] : undefined
  if (sent !== undefined) return { sentence: sent, lines }
  return lines.length > 0 ? { lines } : { sentence: 'sent-nothing', lines: [] }
}

function membership({ membership: now }: JsonObject): Sentence {
  if (now === 'invite') return 'invited'
  if (now === 'join') return 'joined'
  if (now === 'knock') return 'knocked'
  return 'changed-members'
}

function bodyOf({ body }: JsonObject): string[] {
  return typeof body === 'string' ? fewLines(body, BODY) : []
}

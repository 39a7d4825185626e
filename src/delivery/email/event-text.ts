import type { JsonObject } from '../../lib/json.ts'
import { fewLines, oneLine } from '../../lib/mail/plain-text.ts'
import type { PokeEvent } from '../../lib/matrix-event.ts'

const BODY = { max: 500, lines: 12 }
const NAME = 60

/** The description of an event. `action`: a phrase that follows the name of the sender. `lines`: the text of the sender. */
export type EventText = { action?: string; lines: string[] }

const SENT: Readonly<Record<string, string>> = {
  'm.image': 'sent a picture',
  'm.video': 'sent a video',
  'm.audio': 'sent a recording',
  'm.file': 'sent a file',
  'm.location': 'sent a location',
}

/** Only plain text is used: `formatted_body` is HTML that users wrote. */
export function eventTextOf({ type, content }: Pick<PokeEvent, 'type' | 'content'>): EventText {
  if (type === 'm.room.encrypted') return { action: 'sent an encrypted message', lines: [] }
  if (type === 'm.room.message') return message(content)
  if (type === 'm.room.member') return { action: membership(content), lines: [] }
  if (type === 'm.sticker') return { action: 'sent a sticker', lines: bodyOf(content) }
  return { action: 'did something that an app can show', lines: [] }
}

/** A name that users choose, such as the name of a room. */
export const nameForMail = (name: string): string => oneLine(name, NAME) || '(no name)'

function message(content: JsonObject): EventText {
  const { msgtype } = content
  if (msgtype === 'm.emote') return { action: bodyOf(content).join(' '), lines: [] }
  const sent = typeof msgtype === 'string' && Object.hasOwn(SENT, msgtype) ? SENT[msgtype] : undefined
  const lines = bodyOf(content)
  if (sent !== undefined) return { action: sent, lines }
  return lines.length > 0 ? { lines } : { action: 'sent a message without text', lines: [] }
}

function membership({ membership: now }: JsonObject): string {
  if (now === 'invite') return 'invites you'
  if (now === 'join') return 'has joined'
  if (now === 'knock') return 'asks to join'
  return 'has changed who is in the room'
}

function bodyOf({ body }: JsonObject): string[] {
  return typeof body === 'string' ? fewLines(body, BODY) : []
}

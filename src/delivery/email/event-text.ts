import type { JsonObject } from '../../lib/json.ts'
import { fewLines, oneLine } from '../../lib/mail/plain-text.ts'
import type { PokeEvent } from '../../lib/matrix-event.ts'

const BODY = { max: 500, lines: 12 }
const NAME = 60

/** The description of an event, to follow the name of its sender. `lines`: the text of the sender. */
export type Said = { did?: string; lines: string[] }

const SENT: Readonly<Record<string, string>> = {
  'm.image': 'sent a picture',
  'm.video': 'sent a video',
  'm.audio': 'sent a recording',
  'm.file': 'sent a file',
  'm.location': 'sent a location',
}

/** Only plain text is used: `formatted_body` is HTML that users wrote. */
export function wordsOf({ type, content }: Pick<PokeEvent, 'type' | 'content'>): Said {
  if (type === 'm.room.encrypted') return { did: 'sent an encrypted message', lines: [] }
  if (type === 'm.room.message') return message(content)
  if (type === 'm.room.member') return { did: membership(content), lines: [] }
  if (type === 'm.sticker') return { did: 'sent a sticker', lines: bodyOf(content) }
  return { did: 'did something that an app can show', lines: [] }
}

/** A name that users choose, such as the name of a room. */
export const nameForMail = (name: string): string => oneLine(name, NAME) || '(no name)'

function message(content: JsonObject): Said {
  const { msgtype } = content
  if (msgtype === 'm.emote') return { did: bodyOf(content).join(' '), lines: [] }
  const sent = typeof msgtype === 'string' && Object.hasOwn(SENT, msgtype) ? SENT[msgtype] : undefined
  const lines = bodyOf(content)
  if (sent !== undefined) return { did: sent, lines }
  return lines.length > 0 ? { lines } : { did: 'sent a message without text', lines: [] }
}

function membership({ membership: now }: JsonObject): string {
  if (now === 'invite') return 'invites you'
  if (now === 'join') return 'has joined'
  if (now === 'knock') return 'asks to be let in'
  return 'has changed who is in the room'
}

function bodyOf({ body }: JsonObject): string[] {
  return typeof body === 'string' ? fewLines(body, BODY) : []
}

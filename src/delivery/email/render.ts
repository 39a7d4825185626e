import { htmlOf } from '../../language/html-words.ts'
import { cutIsolated } from '../../language/isolate.ts'
import type { LoadWords, WordsOf } from '../../language/load-words.ts'
import { type Html, safeHtml } from '../../lib/html.ts'
import type { Mail } from '../../lib/mail/mail.ts'
import { mailLayout } from '../../lib/mail/mail-layout.ts'
import type { Digest, DigestEvent, DigestRoom } from './digest.ts'
import type { MailLinks } from './links.ts'

// Renders digests as mail, in text and in HTML, in the language of the pusher. Names and bodies come from
// users. In HTML they are escaped by `safeHtml` and isolated with <bdi>, so that they cannot change the text
// direction around them. In text each of their lines begins with " ", so that it cannot be mistaken for text
// of the server.

export type Letter = Pick<Mail, 'subject' | 'text' | 'html' | 'language'>

/** The words of mails in one language: about the mail, and about the events in it. */
export type MailWords = { mail: WordsOf<'mail'>; notification: WordsOf<'notification'> }

export type MailSender = {
  /** The name of the server in mails. */
  name: string
  links: Pick<MailLinks, 'room' | 'console'>
  /** The link that ends these mails. */
  unsubscribe: string
  words: MailWords
  /** The time zone of the recipient. Default: UTC. */
  timeZone?: string | undefined
}

const SUBJECT = 120

/** `lang`: the language of a pusher. */
export async function loadMailWords(wordsOf: LoadWords, lang: string): Promise<MailWords> {
  const [mail, notification] = await Promise.all([wordsOf('mail', [lang]), wordsOf('notification', [lang])])
  return { mail, notification }
}

/** The whole digest. */
export function fullLetter(digest: Digest, sender: MailSender): Letter {
  return letter(sender, {
    subject: subjectOf(digest, sender.words),
    text: digest.rooms.map((room) => roomText(room, sender)).join('\n') + moreRoomsText(digest, sender),
    html: safeHtml`${digest.rooms.map((room) => roomHtml(room, sender))}${moreRoomsHtml(digest, sender)}`,
  })
}

/** Only the number of notifications and rooms, without names or texts. */
export function shortLetter(digest: Digest, sender: MailSender): Letter {
  const { mail } = sender.words
  const rooms = digest.rooms.length + digest.moreRooms
  const line = mail.text('count-in-rooms', { count: digest.events, rooms })
  return letter(sender, {
    subject: mail.text('new-notifications'),
    text: `${line}\n`,
    html: safeHtml`<p>${line}</p>`,
  })
}

/** A mail that tests the delivery. */
export function testLetter(sender: MailSender): Letter {
  const { mail } = sender.words
  const line = mail.text('test-text')
  return letter(sender, {
    subject: mail.text('test-subject'),
    text: `${line}\n`,
    html: safeHtml`<p>${line}</p>`,
  })
}

function subjectOf(
  { rooms: [only], rooms, moreRooms, events: count }: Digest,
  { mail, notification }: MailWords,
): string {
  if (only === undefined || rooms.length + moreRooms > 1)
    return mail.text('count-in-rooms', { count, rooms: rooms.length + moreRooms })
  const room = named(only.name, mail)
  const [first] = only.events
  if (first === undefined || only.events.length + only.more > 1)
    return mail.text('count-in-room', { count, room })
  const sender = named(first.from, mail)
  if (first.isInvite)
    return room === sender
      ? notification.text('invited', { sender })
      : notification.text('invited-to', { sender, room })
  return room === sender
    ? mail.text('message-from', { sender })
    : mail.text('message-from-in', { sender, room })
}

const named = (name: string, mail: MailWords['mail']) => name || mail.text('no-name')

function letter(
  { name, unsubscribe, links: { console: inConsole }, words: { mail } }: MailSender,
  { subject, text, html: body }: { subject: string; text: string; html: Html },
): Letter {
  const about = mail.text('about', { server: name })
  const devicesText = inConsole === undefined ? '' : `${mail.text('devices-link')}\n${inConsole.devices}\n`
  const devicesHtml =
    inConsole && safeHtml` · <a href="${inConsole.devices}">${mail.text('devices-link')}</a>`
  return {
    subject: cutIsolated(`[${mail.isolate(name)}] ${subject}`, SUBJECT),
    language: mail.language,
    text: `${text}
-- 
${about} ${mail.text('end-below')}
${unsubscribe}
${devicesText}`,
    html: mailLayout({
      ...mail,
      title: name,
      content: safeHtml`${body}
<hr style="border:0;border-top:1px solid #ccc">
<p style="font-size:13px;color:#666">${htmlOf(mail.pieces('about', { server: name }), { server: name })} <a href="${unsubscribe}">${mail.text('end-link')}</a>${devicesHtml}</p>`,
    }),
  }
}

function roomText(room: DigestRoom, sender: MailSender): string {
  const { mail } = sender.words
  const link = sender.links.room(room.roomId)
  const lines = [
    `# ${mail.isolate(named(room.name, mail))}${link === undefined ? '' : `\n  ${link}`}`,
    ...(room.more > 0 ? [`  (${mail.text('more-events', { count: room.more })})`] : []),
    ...room.events.flatMap((event) => eventLines(event, sender).map((line) => `  ${line}`)),
  ]
  return `${lines.join('\n')}\n`
}

function eventLines(
  { eventId, from, at, sentence, emote, lines }: DigestEvent,
  { words: { mail, notification }, links, timeZone }: MailSender,
): string[] {
  const sender = named(from, mail)
  const text =
    emote !== undefined
      ? `${mail.isolate(sender)} ${mail.isolate(emote)}`
      : sentence !== undefined
        ? notification.text(sentence, { sender })
        : mail.text('wrote', { sender })
  return [
    `${mail.time(at, timeZone)}  ${text}`,
    ...lines.map((line) => `  ${line}`),
    ...(links.console === undefined ? [] : [`${mail.text('why-link')} ${links.console.journey(eventId)}`]),
  ]
}

function roomHtml(room: DigestRoom, sender: MailSender): Html {
  const { mail } = sender.words
  const link = sender.links.room(room.roomId)
  const name = safeHtml`<bdi>${named(room.name, mail)}</bdi>`
  const heading = link === undefined ? name : safeHtml`<a href="${link}">${name}</a>`
  const more =
    room.more === 0
      ? undefined
      : safeHtml`<p style="color:#666;margin:.3em 0">${mail.text('more-events', { count: room.more })}</p>\n`
  return safeHtml`<h2 style="font-size:17px;margin:1.2em 0 .3em">${heading}</h2>
${more}${room.events.map((event) => eventHtml(event, sender))}`
}

function eventHtml(
  { eventId, from, at, sentence, emote, lines }: DigestEvent,
  { words: { mail, notification }, links, timeZone }: MailSender,
): Html {
  const name = named(from, mail)
  const sender = safeHtml`<b><bdi>${name}</bdi></b>`
  const said =
    emote !== undefined
      ? safeHtml`${sender} <bdi>${emote}</bdi>`
      : sentence !== undefined
        ? htmlOf(notification.pieces(sentence, { sender: name }), { sender })
        : sender
  const text = lines.map((line) => safeHtml`<br><bdi>${line}</bdi>`)
  const why =
    links.console &&
    safeHtml` · <a style="color:#666" href="${links.console.journey(eventId)}">${mail.text('why-link')}</a>`
  return safeHtml`<p style="margin:.5em 0">${said} <span style="color:#666;font-size:13px"><bdi>${mail.time(at, timeZone)}</bdi>${why}</span>${text}</p>
`
}

function moreRoomsText({ moreRooms: rooms }: Digest, { words: { mail } }: MailSender): string {
  return rooms === 0 ? '' : `\n${mail.text('more-rooms', { rooms })}\n`
}

function moreRoomsHtml({ moreRooms: rooms }: Digest, { words: { mail } }: MailSender): Html | undefined {
  return rooms === 0 ? undefined : safeHtml`<p>${mail.text('more-rooms', { rooms })}</p>`
}

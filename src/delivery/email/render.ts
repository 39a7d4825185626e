import { type Html, safeHtml } from '../../lib/html.ts'
import type { Mail } from '../../lib/mail/mail.ts'
import { mailLayout } from '../../lib/mail/mail-layout.ts'
import { oneLine } from '../../lib/mail/plain-text.ts'
import type { Digest, DigestEvent, DigestRoom } from './digest.ts'
import type { MailLinks } from './links.ts'

// Renders digests as mail, in text and in HTML. Names and bodies come from users. In HTML they are escaped by `safeHtml` and isolated with
// <bdi>, so that they cannot change the text direction around them. In text each of their lines begins with "  ", so that it
// cannot be mistaken for text of the server.

export type Letter = Pick<Mail, 'subject' | 'text' | 'html'>

export type MailSender = {
  /** The name of the server in mails. */
  name: string
  links: Pick<MailLinks, 'room'>
  /** The link that ends these mails. */
  unsubscribe: string
}

const SUBJECT = 120

/** The whole digest. */
export function fullLetter(digest: Digest, sender: MailSender): Letter {
  return letter(sender, {
    subject: subjectOf(digest),
    text: digest.rooms.map((room) => roomText(room, sender)).join('\n') + moreRoomsText(digest),
    html: safeHtml`${digest.rooms.map((room) => roomHtml(room, sender))}${moreRoomsHtml(digest)}`,
  })
}

/** Only the number of notifications and rooms, without names or texts. */
export function shortLetter(digest: Digest, sender: MailSender): Letter {
  const rooms = digest.rooms.length + digest.moreRooms
  const line = `${countOf(digest.events, 'notification')} in ${countOf(rooms, 'room')}.`
  return letter(sender, {
    subject: 'New notifications',
    text: `${line}\n`,
    html: safeHtml`<p>${line}</p>`,
  })
}

/** A mail that tests the delivery. */
export function testLetter(sender: MailSender): Letter {
  const line = 'This is a test. Notifications arrive in this mailbox.'
  return letter(sender, { subject: 'Test', text: `${line}\n`, html: safeHtml`<p>${line}</p>` })
}

function subjectOf({ rooms: [room], rooms, moreRooms, events }: Digest): string {
  if (room === undefined || rooms.length + moreRooms > 1)
    return `${countOf(events, 'notification')} in ${countOf(rooms.length + moreRooms, 'room')}`
  const [first] = room.events
  if (first !== undefined && room.events.length + room.more === 1)
    return first.isInvite
      ? `${first.from} invites you${room.name === first.from ? '' : ` to ${room.name}`}`
      : `Message from ${first.from}${room.name === first.from ? '' : ` in ${room.name}`}`
  return `${countOf(events, 'notification')} in ${room.name}`
}

function letter(
  { name, unsubscribe }: MailSender,
  { subject, text, html: body }: { subject: string; text: string; html: Html },
): Letter {
  return {
    subject: oneLine(`[${name}] ${subject}`, SUBJECT),
    text: `${text}
-- 
${name} mails what you have not read. To end this, open:
${unsubscribe}
`,
    html: mailLayout({
      title: name,
      content: safeHtml`${body}
<hr style="border:0;border-top:1px solid #ccc">
<p style="font-size:13px;color:#666">${name} mails what you have not read. <a href="${unsubscribe}">Send no more mail</a></p>`,
    }),
  }
}

function roomText(room: DigestRoom, { links }: MailSender): string {
  const link = links.room(room.roomId)
  const lines = [
    `# ${room.name}${link === undefined ? '' : `\n  ${link}`}`,
    ...(room.more > 0 ? [`  (${room.more} more)`] : []),
    ...room.events.flatMap((event) => eventLines(event).map((line) => `  ${line}`)),
  ]
  return `${lines.join('\n')}\n`
}

function eventLines({ from, at, action, lines }: DigestEvent): string[] {
  const head = `${timeOf(at)}  ${from}`
  if (action !== undefined) return [`${head} ${action}`, ...lines.map((line) => `  ${line}`)]
  return [`${head}:`, ...lines.map((line) => `  ${line}`)]
}

function roomHtml(room: DigestRoom, { links }: MailSender): Html {
  const link = links.room(room.roomId)
  const name = safeHtml`<bdi>${room.name}</bdi>`
  const heading = link === undefined ? name : safeHtml`<a href="${link}">${name}</a>`
  const more =
    room.more === 0 ? undefined : safeHtml`<p style="color:#666;margin:.3em 0">${room.more} more</p>\n`
  return safeHtml`<h2 style="font-size:17px;margin:1.2em 0 .3em">${heading}</h2>
${more}${room.events.map(eventHtml)}`
}

function eventHtml({ from, at, action, lines }: DigestEvent): Html {
  const actionHtml = action === undefined ? undefined : safeHtml` <bdi>${action}</bdi>`
  const text = lines.map((line) => safeHtml`<br><bdi>${line}</bdi>`)
  return safeHtml`<p style="margin:.5em 0"><b><bdi>${from}</bdi></b>${actionHtml} <span style="color:#666;font-size:13px">${timeOf(at)}</span>${text}</p>
`
}

const moreRoomsText = ({ moreRooms }: Digest) =>
  moreRooms === 0 ? '' : `\nAnd in ${countOf(moreRooms, 'more room')}.\n`
const moreRoomsHtml = ({ moreRooms }: Digest) =>
  moreRooms === 0 ? undefined : safeHtml`<p>And in ${countOf(moreRooms, 'more room')}.</p>`

const countOf = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`

/** In UTC, because the time zone of the reader is not known. */
const timeOf = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

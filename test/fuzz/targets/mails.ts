import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createTransport } from 'nodemailer'
import PostalMime from 'postal-mime'
import { digestOf, type EventToMail } from '../../../src/delivery/email/digest.ts'
import { mailLinks } from '../../../src/delivery/email/links.ts'
import { fullLetter, loadMailWords, type MailSender } from '../../../src/delivery/email/render.ts'
import { createLoadWords } from '../../../src/language/load-words.ts'
import type { UserId } from '../../../src/lib/ids.ts'
import { fewLines, oneLine } from '../../../src/lib/mail/plain-text.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { almost, near, text } from '../values.ts'

const wordsOf = createLoadWords('en')
const links = mailLinks({ publicUrl: 'https://m.example.org', clientUrl: 'https://app.example.org' })
const transport = createTransport({ streamTransport: true, buffer: true })

const event = fc.record({
  name: near('The office'),
  sender: near('Bob'),
  // Ids of rooms are made by the server.
  roomId: near('!room:example.org').map((id) => id.toWellFormed()),
  type: near('m.room.message', 'm.room.member', 'm.call.invite', 'm.room.encrypted'),
  content: almost({ msgtype: near('m.text', 'm.image', 'm.emote'), body: text, membership: near('invite') }),
})

const toMail = (
  { name, sender, roomId, type, content }: typeof event extends fc.Arbitrary<infer E> ? E : never,
  at: number,
) =>
  ({
    verdict: {
      kind: 'send',
      outcome: { tweaks: {} },
      poked: {
        position: at + 1,
        event: { eventId: `$${at}`, roomId, type, sender: '@bob:test', content, senderDisplayName: sender },
        room: { name, canonicalAlias: undefined, members: [], memberCount: 3 },
      },
    },
    at: 1_800_000_000_000,
    roomRows: 1,
  }) as unknown as EventToMail

export const mailTargets = [
  fuzzTarget('mails', 'names and texts of users in a mail: subject, headers, MIME parts', {
    values: fc.record({
      events: fc.array(event, { minLength: 1, maxLength: 3 }),
      lang: near('en', 'de', 'ar'),
    }),
    async check({ events, lang }) {
      const words = await loadMailWords(wordsOf, lang)
      const sender: MailSender = { name: 'Example', links, unsubscribe: links.unsubscribe('t0ken'), words }
      const digest = digestOf(events.map(toMail), {
        userId: '@me:test' as UserId,
        rooms: 1,
        words: words.notification,
      })
      const { subject, text: body, html } = fullLetter(digest, sender)
      const { message } = await transport.sendMail({
        from: 'Example <b@example.org>',
        to: 'a@example.org',
        subject,
        text: body,
        html,
      })
      const parsed = await PostalMime.parse(message as Buffer)
      assert.equal(parsed.subject?.trim(), subject.trim())
      assert.deepEqual(
        parsed.to?.map(({ address }) => address),
        ['a@example.org'],
      )
      assert.deepEqual([parsed.cc, parsed.bcc, parsed.attachments.length], [undefined, undefined, 0])
      assert.doesNotMatch(html.replaceAll(/<bdi>|<\/bdi>/g, ''), /<script|<img|javascript:/i)
    },
  }),
  fuzzTarget('plain-text', 'texts of users in one line, and in a few lines', {
    values: fc.tuple(text, fc.integer({ min: 1, max: 40 })),
    check([given, max]) {
      const line = oneLine(given, max)
      assert.ok(Array.from(line).length <= max && line.isWellFormed(), line)
      assert.doesNotMatch(line, /[\p{Cc}\u202a-\u202e]/u)
      assert.ok(fewLines(given, { max, lines: 3 }).length <= 4)
    },
  }),
]

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Digest, digestOf, type EventToMail } from '../../../src/delivery/email/digest.ts'
import { mailLinks } from '../../../src/delivery/email/links.ts'
import { createLoadWords } from '../../../src/language/load-words.ts'
import {
  fullLetter,
  loadMailWords,
  shortLetter,
  type MailSender,
  testLetter,
} from '../../../src/delivery/email/render.ts'
import { eventTextOf } from '../../../src/language/event-text.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { RoomId, UserId } from '../../../src/lib/ids.ts'

const me = '@me:test' as UserId
const links = mailLinks({ publicUrl: 'https://m.example.org', clientUrl: 'https://app.example.org' })
const wordsOf = createLoadWords('en')
const senderIn = async (lang: string): Promise<MailSender> => ({
  name: 'Example',
  links,
  unsubscribe: links.unsubscribe('t0ken'),
  words: await loadMailWords(wordsOf, lang),
})
const mailSender = await senderIn('en')
const HOSTILE = `<img src=x onerror=alert(1)>"'&\r\nBcc: eve@example.org\u202egnp.exe\u0000`

type EventFields = {
  body?: string
  name?: string
  sender?: string
  roomId?: string
  content?: JsonObject
  type?: string
  stateKey?: string
  highlight?: boolean
  position?: number
  roomRows?: number
}

function eventToMail(of: EventFields): EventToMail {
  const { type = 'm.room.message', roomId = '!room', position = 1 } = of
  const content = of.content ?? { msgtype: 'm.text', body: of.body ?? 'hello' }
  const event = {
    eventId: `$${position}`,
    roomId: roomId as RoomId,
    type,
    sender: '@bob:test' as UserId,
    content,
    ...(of.sender !== undefined && { senderDisplayName: of.sender }),
    ...(of.stateKey !== undefined && { stateKey: of.stateKey }),
  }
  const room = { name: of.name ?? 'The office', canonicalAlias: undefined, members: [], memberCount: 3 }
  const tweaks = of.highlight ? { highlight: true } : {}
  return {
    verdict: { kind: 'send', outcome: { tweaks }, poked: { position, event, room } },
    at: 1_800_000_000_000,
    roomRows: of.roomRows ?? 1,
  } as unknown as EventToMail
}

const digest = (events: EventToMail[], rooms = 1): Digest =>
  digestOf(events, { userId: me, rooms, words: mailSender.words.notification })
const letterOf = (events: EventToMail[], rooms?: number) => fullLetter(digest(events, rooms), mailSender)

test('escapes names and bodies in HTML, writes them in one line in subjects, and indents them in text', () => {
  const letter = letterOf([eventToMail({ body: HOSTILE, name: HOSTILE, sender: HOSTILE })])
  assert.doesNotMatch(letter.html, /<img|onerror=alert\(1\)>|\u202e/)
  assert.match(letter.html, /<bdi>&lt;img src=x onerror=alert\(1\)&gt;&quot;&#39;&amp;<\/bdi>/)
  assert.doesNotMatch(letter.subject, /[\p{Cc}\u202e]/u)
  assert.ok(letter.subject.length <= 120)
  assert.doesNotMatch(letter.text, /^(Bcc|<img)/m)
  assert.doesNotMatch(letter.text, /[^\P{Cc}\n]|\u202e/u)
})

test('contains no tag, attribute or link that users wrote, and ends with the lines of the server', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(HOSTILE, '-- \nExample', 'javascript:alert(1)', '"><a href="//evil">'),
  )
  fc.assert(
    fc.property(text, text, text, (body, name, sender) => {
      const letter = letterOf([eventToMail({ body, name, sender })])
      const harmless = letterOf([eventToMail({ body: 'x', name: 'x', sender: 'x' })])
      const tags = (html: string) =>
        [...html.matchAll(/<[^>]*>/g)]
          .map(([tag]) => tag)
          .filter((tag) => tag !== '<br>' && !tag.endsWith('bdi>'))
      assert.deepEqual(tags(letter.html), tags(harmless.html))
      assert.equal(letter.text.split('\n-- \n').length, 2)
      assert.ok(
        letter.text.endsWith(
          `\n-- \nExample mails what you have not read. To end this, open:\n${mailSender.unsubscribe}\n`,
        ),
      )
      assert.doesNotMatch(letter.subject, /\p{Cc}/u)
    }),
  )
})

test('contains only http and https links to this server or the configured client', () => {
  const letter = letterOf([eventToMail({ roomId: '!a"><b&:x' })])
  const hrefs = [...letter.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
  assert.deepEqual(hrefs, ['https://app.example.org/#/room/!a%22%3E%3Cb%26%3Ax', mailSender.unsubscribe])
  const without = {
    ...mailSender,
    links: mailLinks({ publicUrl: 'https://m.example.org', clientUrl: undefined }),
  }
  assert.doesNotMatch(fullLetter(digest([eventToMail({})]), without).html, /#\/room/)
})

test('with a console, each event links to its journey, and each mail to the devices, in both parts', () => {
  const console = mailLinks({ publicUrl: 'https://m.example.org', clientUrl: undefined, hasConsole: true })
  const journey = 'https://m.example.org/_belfry/console/journeys/%241'
  const devices = 'https://m.example.org/_belfry/console/devices'
  const { text, html } = fullLetter(digest([eventToMail({})]), { ...mailSender, links: console })
  assert.ok(text.includes(`\n    hello\n  Why did I get this? ${journey}\n`), text)
  assert.ok(text.endsWith(`\nSettings of your devices\n${devices}\n`), text)
  assert.match(html, new RegExp(`href="${journey}">Why did I get this\\?</a>`))
  for (const letter of [html, testLetter({ ...mailSender, links: console }).html])
    assert.match(letter, new RegExp(`href="${devices}">Settings of your devices</a>`))
  assert.doesNotMatch(JSON.stringify(letterOf([eventToMail({})])), /_belfry|Why did|Settings/)
})

test('times are in the time zone of the recipient, and name it', () => {
  const timesIn = (timeZone?: string) => {
    const { text, html } = fullLetter(digest([eventToMail({})]), { ...mailSender, timeZone })
    return [/^ {2}(.*) {2}@bob/m.exec(text)?.[1], /<bdi>([^<]*:[^<]*M [^<]*)<\/bdi>/.exec(html)?.[1]]
  }
  const plain = (times: readonly (string | undefined)[]) => times.map((time) => time?.replace(/\s/gu, ' '))
  assert.deepEqual(plain(timesIn()), Array(2).fill('Jan 15, 2027, 8:00 AM UTC'))
  assert.deepEqual(plain(timesIn('America/New_York')), Array(2).fill('Jan 15, 2027, 3:00 AM EST'))
})

test('the subject contains the sender or the number, and the room', () => {
  const subject = (events: EventToMail[], rooms?: number) => letterOf(events, rooms).subject
  assert.equal(subject([eventToMail({ sender: 'Bob' })]), '[Example] Message from Bob in The office')
  assert.equal(
    subject([eventToMail({ sender: 'Bob', position: 1 }), eventToMail({ position: 2, roomRows: 2 })]),
    '[Example] 2 notifications in The office',
  )
  assert.equal(
    subject([eventToMail({}), eventToMail({ roomId: '!b' })], 2),
    '[Example] 2 notifications in 2 rooms',
  )
  const content = { membership: 'invite' }
  const invite = eventToMail({ type: 'm.room.member', stateKey: me, content, sender: 'Bob' })
  assert.equal(subject([invite]), '[Example] Bob invites you to The office')
})

test('lists a room with a highlight first, and events in their order', () => {
  const { rooms } = digest(
    [
      eventToMail({ roomId: '!new', position: 9 }),
      eventToMail({ roomId: '!hot', position: 5, highlight: true, body: 'second', roomRows: 9 }),
      eventToMail({ roomId: '!hot', position: 2, body: 'first', roomRows: 9 }),
    ],
    2,
  )
  assert.deepEqual(
    rooms.map(({ roomId, more, events }) => [roomId, more, events.flatMap(({ lines }) => lines)]),
    [
      ['!hot', 7, ['first', 'second']],
      ['!new', 0, ['hello']],
    ],
  )
})

test('describes each type of event', () => {
  const message = (msgtype: string, body: unknown = 'a.png') =>
    eventTextOf({ type: 'm.room.message', content: { msgtype, body } as JsonObject })
  assert.deepEqual(message('m.text', 'a\nb'), { lines: ['a', 'b'] })
  assert.deepEqual(message('m.notice', 'n'), { lines: ['n'] })
  assert.deepEqual(message('m.emote', 'waves'), { emote: 'waves', lines: [] })
  assert.deepEqual(message('m.image'), { sentence: 'sent-picture', lines: ['a.png'] })
  assert.deepEqual(message('constructor', 7), { sentence: 'sent-nothing', lines: [] })
  assert.deepEqual(eventTextOf({ type: 'm.room.encrypted', content: { ciphertext: 'AwgA' } }), {
    sentence: 'sent-encrypted',
    lines: [],
  })
  assert.deepEqual(eventTextOf({ type: 'org.example.odd', content: { body: 'secret?' } }).lines, [])
  const html = {
    msgtype: 'm.text',
    body: 'plain',
    format: 'org.matrix.custom.html',
    formatted_body: '<b>rich</b>',
  }
  assert.deepEqual(eventTextOf({ type: 'm.room.message', content: html }), { lines: ['plain'] })
})

test('the short form and the test mail contain no names and no texts', () => {
  const short = shortLetter(
    digest([eventToMail({ body: 'secret', name: 'Plans', sender: 'Bob' })]),
    mailSender,
  )
  assert.doesNotMatch(JSON.stringify(short), /secret|Plans|Bob/)
  assert.match(testLetter(mailSender).text, /^This is a test/)
})

test('limits the size of a mail with long names and many events', () => {
  const events = Array.from({ length: 100 }, (_, r) =>
    Array.from({ length: 11 }, (_one, n) =>
      eventToMail({
        roomId: `!${r}`,
        position: r * 20 + n,
        body: '"'.repeat(60_000),
        name: '"'.repeat(60_000),
        sender: '"'.repeat(60_000),
      }),
    ),
  ).flat()
  const { text, html } = letterOf(events, 500)
  assert.match(text, /And in 480 more rooms/)
  assert.ok(text.length + html.length < 1_500_000, `${text.length + html.length}`)
})

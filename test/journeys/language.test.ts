import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import type { ReceivedMail } from '../support/mail-receiver.ts'
import { addAddress, createEmailFixture, linkIn, mailPusher, MINUTE, roomOf } from './email-fixture.ts'

test('a mail has the language of its pusher; nonsense gets the language of the server', async (t) => {
  const fixture = await createEmailFixture(t, { BELFRY_LANGUAGE: 'de-AT' })
  const { url, mailServer, clock } = fixture
  const bob = await registerUser(url, 'bob')
  const languages = { anna: 'de-CH', ella: 'en', nils: 'no such language', sara: 'ar-EG', yui: 'ja_JP' }
  const readers = await Promise.all(
    Object.entries(languages).map(async ([name, lang]) => {
      const user = await registerUser(url, name)
      await addAddress(fixture, user, `${name}@example.org`)
      await user.post('/pushers/set', mailPusher(`${name}@example.org`, { lang }))
      return user
    }),
  )
  const roomId = await roomOf(bob, readers, 'Büro')
  mailServer.mails.length = 0
  await bob.put(`/rooms/${roomId}/send/m.room.message/1`, {
    msgtype: 'm.image',
    body: 'a.png',
    url: 'mxc://localhost/a',
  })
  clock.advance(10 * MINUTE)
  const mailTo = (name: string) => mailServer.waitFor(({ to }) => to[0] === `${name}@example.org`)

  const german = await mailTo('anna')
  assert.equal(german.parsed.subject, '[Example] Nachricht von @bob:localhost in Büro')
  assert.match(
    german.parsed.text ?? '',
    /\d{1,2}\. [A-Z]\S+ 20\d\d, \d\d:\d\d UTC {2}@bob:localhost hat ein Bild gesendet\n {4}a\.png\n/,
  )
  assert.match(german.parsed.html ?? '', /<html lang="de" dir="ltr">/)
  assert.equal(headerOf(german, 'content-language'), 'de')
  assert.match((await mailTo('ella')).parsed.text ?? '', /@bob:localhost sent a picture\n/)
  assert.match((await mailTo('nils')).parsed.text ?? '', /@bob:localhost hat ein Bild gesendet\n/)

  const arabic = await mailTo('sara')
  assert.equal(
    arabic.parsed.subject,
    '[\u2068Example\u2069] رسالة من \u2068@bob:localhost\u2069 في \u2068Büro\u2069',
  )
  assert.match(arabic.parsed.html ?? '', /<html lang="ar" dir="rtl">.*<body lang="ar" dir="rtl"/s)
  assert.match(arabic.parsed.html ?? '', /صورة من <b><bdi>@bob:localhost<\/bdi><\/b>/)
  assert.match(arabic.parsed.text ?? '', /[٠-٩]{4}/, 'the digits of Egypt')

  const japanese = await mailTo('yui')
  assert.equal(japanese.parsed.subject, '[Example] Büroでの@bob:localhostさんからのメッセージ')
  assert.match(
    japanese.parsed.text ?? '',
    /20\d\d年\d{1,2}月\d{1,2}日 \d{1,2}:\d\d UTC {2}@bob:localhostさんが画像を送信しました/,
  )

  // The page behind the link has the language of the pusher, whatever the browser accepts.
  const link = linkIn(japanese, url, 'unsubscribe')
  const page = await call(link, { headers: { 'accept-language': 'fr' } })
  assert.match(String(page.body['text']), /<html lang="ja" dir="ltr">.*メール通知を停止しますか/s)
  assert.equal(page.headers.get('content-language'), 'ja')
  assert.match(String((await call(link, { method: 'POST' })).body['text']), /メール通知はオフです/)
  const gone = await call(link, { headers: { 'accept-language': 'fr-CA, en;q=0.5' } })
  assert.deepEqual([gone.status, /désactivées/.test(String(gone.body['text']))], [404, true])
})

test('a mail that validates an address, and its page, have the language of the request', async (t) => {
  const { url, mailServer } = await createEmailFixture(t)
  const ask = (n: number, language: string) =>
    call(`${url}/_matrix/client/v3/account/3pid/email/requestToken`, {
      method: 'POST',
      headers: { 'accept-language': language },
      body: { email: `a${n}@example.org`, client_secret: 's', send_attempt: 1 },
    })
  await ask(1, 'tlh, de-AT;q=0.9, en;q=0.8')
  await ask(2, '*')
  const [german, english] = await Promise.all(
    [1, 2].map((n) => mailServer.waitFor(({ to }) => to[0] === `a${n}@example.org`)),
  )
  assert.equal(german?.parsed.subject, '[Example] Bestätige deine E-Mail-Adresse')
  assert.equal(english?.parsed.subject, '[Example] Confirm your e-mail address')

  const link = linkIn(english as ReceivedMail, url, 'validate')
  const hebrew = await call(link, { headers: { 'accept-language': 'iw' } })
  assert.match(String(hebrew.body['text']), /<html lang="he" dir="rtl">.*<bdi>a2@example\.org<\/bdi>/s)
  const polish = await call(link, { method: 'POST', headers: { 'accept-language': 'pl-PL,pl;q=0.9' } })
  assert.match(String(polish.body['text']), /został potwierdzony/)
  const invalid = await call(`${link}x`, { headers: { 'accept-language': 'zh-HK' } })
  assert.deepEqual([invalid.status, /此連結無效/.test(String(invalid.body['text']))], [404, true])
})

test('a poke has the name of its room in the language of the pusher, and the inbox writes the texts that the pusher asks for', async (t) => {
  const { url } = await startTestServer(t)
  const notifyUrl = `${url}/_matrix/push/v1/notify`
  const names = ['ola', 'bob', 'carl', 'dora', 'emil', 'fred', 'gina', 'hans'] as const
  const users = await Promise.all(names.map((name) => registerUser(url, name)))
  const [ola, bob, ...others] = users as [(typeof users)[0], (typeof users)[0], ...typeof users]
  const inbox = (pushkey: string, more: object, data: object = {}) =>
    ola.post('/pushers/set', {
      kind: 'http',
      app_id: 'org.belfry.inbox',
      pushkey,
      app_display_name: 'Inbox',
      device_display_name: pushkey,
      data: { url: notifyUrl, ...data },
      ...more,
    })
  const asking = { 'org.belfry.lang': true }
  await inbox('polish', { lang: 'pl-PL' }, asking)
  await inbox('short', { lang: 'pl' }, { ...asking, format: 'event_id_only' })
  await inbox('silent', { lang: 'pl' })
  const refused = await ola.try('POST', '/pushers/set', {
    kind: 'http',
    app_id: 'org.belfry.inbox',
    pushkey: 'p',
    lang: 'pl',
    app_display_name: 'a',
    device_display_name: 'a',
    data: { url: notifyUrl, 'org.belfry.lang': 'pl' },
  })
  assert.deepEqual([refused.status, refused.body['errcode']], [400, 'M_BAD_JSON'])

  const roomId = await bob.createRoom({ preset: 'public_chat' })
  for (const user of [...others, ola]) await user.post(`/join/${encodeURIComponent(roomId)}`)
  await bob.say(roomId, 'Dysk pełny')
  type Entry = { notification: Record<string, unknown>; text?: Record<string, unknown> }
  const entryOf = (pushkey: string) =>
    eventually(async () => {
      const { body } = await call(`${url}/_belfry/v1/inbox/${pushkey}`, { token: ola.token })
      return (body['notifications'] as Entry[]).find(
        ({ notification }) => notification['event_id'] !== undefined,
      )
    })
  const { notification, text } = (await entryOf('polish')) as Entry
  assert.equal(notification['room_name'], '@bob:localhost i 6 innych osób')
  assert.deepEqual(text, {
    title: '@bob:localhost i 6 innych osób',
    body: '@bob:localhost: Dysk pełny',
    lang: 'pl',
    dir: 'ltr',
  })
  const [device] = notification['devices'] as Record<string, unknown>[]
  assert.equal(device?.['org.belfry.lang'], 'pl-PL')
  assert.deepEqual(((await entryOf('short')) as Entry).text, {
    title: 'Nowe powiadomienie',
    body: '1 nieprzeczytane',
    lang: 'pl',
    dir: 'ltr',
  })
  const silent = (await entryOf('silent')) as Entry
  assert.equal(silent.text, undefined)
  assert.ok(!JSON.stringify(silent.notification['devices']).includes('org.belfry.lang'))
})

const headerOf = ({ parsed }: ReceivedMail, key: string) =>
  parsed.headers.find((one) => one.key === key)?.value

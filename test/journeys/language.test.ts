import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, registerUser } from '../support/client.ts'
import type { ReceivedMail } from '../support/mail-receiver.ts'
import { addAddress, createEmailFixture, mailPusher, MINUTE, roomOf } from './email-fixture.ts'

test('a mail has the language of its pusher; nonsense gets the language of the server', async (t) => {
  const fixture = await createEmailFixture(t, { BELFRY_LANGUAGE: 'de-AT' })
  const { url, mailServer, clock } = fixture
  const bob = await registerUser(url, 'bob')
  const readers = await Promise.all(
    Object.entries({ anna: 'de-CH', ella: 'en', nils: 'no such language' }).map(async ([name, lang]) => {
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
})

test('a mail that validates an address has the language of the request', async (t) => {
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
})

const headerOf = ({ parsed }: ReceivedMail, key: string) =>
  parsed.headers.find((one) => one.key === key)?.value

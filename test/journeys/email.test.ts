import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { call, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startMailReceiver } from '../support/mail-receiver.ts'
import { startProcess } from '../support/process.ts'
import {
  adaAndBob,
  addAddress,
  auth,
  HOUR,
  linkIn,
  createEmailFixture,
  mailPusher,
  mailSettings,
  MINUTE,
  roomOf,
  subjectsOf,
} from './email-fixture.ts'

type Status = { state: string; queued: number; last_error: string | null; last_success_at: number | null }

test('a rule with a digest mails the events that it has held back, when it ends', async (t) => {
  const fixture = await createEmailFixture(t)
  const { mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const until = clock.now() + HOUR
  await ada.put(`/pushrules/global/room/${encodeURIComponent(roomId)}`, {
    actions: [],
    'org.belfry.until': until,
    'org.belfry.digest': true,
  })
  await bob.say(roomId, 'First')
  await bob.say(roomId, 'Second')
  clock.advance(HOUR)
  await eventually(async () => {
    const { pushers } = (await ada.get('/pushers')) as { pushers: { 'org.belfry.status': Status }[] }
    return pushers[0]?.['org.belfry.status'].queued === 2
  })
  assert.equal(mailServer.mails.length, 0)
  clock.advance(10 * MINUTE)
  const mail = await mailServer.waitFor(({ parsed }) => /The office/.test(parsed.subject ?? ''))
  assert.match(mail.parsed.text ?? '', /First[^]*Second/)
})

test('an address is validated, gets a mail, and is unsubscribed with one click', async (t) => {
  const { url, mailServer, clock } = await createEmailFixture(t)
  const ada = await registerUser(url, 'ada')
  const bob = await registerUser(url, 'bob')

  const client_secret = 'monkeys_are_GREAT'
  const wanted = {
    email: 'Ada@Example.org',
    client_secret,
    send_attempt: 1,
    next_link: 'https://evil.example',
  }
  const { sid, submit_url } = await ada.post('/account/3pid/email/requestToken', wanted)
  assert.equal(submit_url, undefined)
  const token = await mailServer.waitFor(({ to }) => to[0] === 'ada@example.org')
  assert.equal(token.parsed.subject, '[Example] Confirm your e-mail address')
  assert.ok(!token.raw.includes('evil.example') && !token.raw.includes(client_secret))

  // She continues too early; a mail scanner opens the link; then she confirms.
  const add = (more: object = {}) => ada.try('POST', '/account/3pid/add', { sid, client_secret, ...more })
  assert.equal((await add()).body['errcode'], 'M_THREEPID_AUTH_FAILED')
  const link = linkIn(token, url, 'validate')
  const page = await call(link)
  assert.match(String(page.body['text']), /ada@example\.org.*<form method="post">/s)
  assert.equal((await add()).body['org.belfry.reason'], 'M_SESSION_NOT_VALIDATED')
  assert.match(String((await call(link, { method: 'POST' })).body['text']), /is confirmed/)
  const challenge = await add()
  assert.equal(challenge.status, 401)
  assert.deepEqual(challenge.body['flows'], [{ stages: ['m.login.password'] }])
  const done = await add({ auth: { ...auth('ada'), session: challenge.body['session'] } })
  assert.deepEqual([done.status, done.body], [200, {}])
  const now = clock.now()
  assert.deepEqual(await ada.get('/account/3pid'), {
    threepids: [{ medium: 'email', address: 'ada@example.org', validated_at: now, added_at: now }],
  })

  await ada.post('/pushers/set', mailPusher('ADA@example.org', { instance_handle: 'mail' }))
  const { pushers } = (await ada.get('/pushers')) as { pushers: Record<string, unknown>[] }
  assert.equal(pushers[0]?.['pushkey'], 'ada@example.org')
  assert.deepEqual(pushers[0]?.['data'], { brand: 'Element' })
  assert.equal(pushers[0]?.['device_id'], null)

  const roomId = await roomOf(bob, [ada], 'The office')
  await bob.say(roomId, 'Ding dong')
  clock.advance(9 * MINUTE)
  assert.equal(mailServer.mails.length, 1, 'no mail is sent while the event can still be read')
  clock.advance(MINUTE)
  const mail = await mailServer.waitFor(({ parsed }) => /Message/.test(parsed.subject ?? ''))
  assert.deepEqual([mail.from, mail.to], ['belfry@example.org', ['ada@example.org']])
  assert.equal(mail.parsed.subject, '[Example] Message from @bob:localhost in The office')
  assert.match(mail.parsed.text ?? '', /The office\n {2}.* UTC {2}@bob:localhost:\n {4}Ding dong\n/)
  assert.match(mail.parsed.html ?? '', /<bdi>Ding dong<\/bdi>/)
  const status = await eventually(async () => {
    const {
      pushers: [own],
    } = (await ada.get('/pushers')) as { pushers: { 'org.belfry.status': Status }[] }
    return own?.['org.belfry.status'].last_success_at === clock.now() && own['org.belfry.status']
  })
  assert.deepEqual([status.state, status.queued, status.last_error], ['ok', 0, null])

  const end = linkIn(mail, url, 'unsubscribe')
  assert.equal(mail.header('list-unsubscribe'), `<https://matrix.example.org${end.slice(url.length)}>`)
  assert.equal(mail.header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click')
  assert.match(String((await call(end)).body['text']), /<form method="post">/)
  assert.equal(
    ((await ada.get('/pushers'))['pushers'] as unknown[]).length,
    1,
    'opening the link removes nothing',
  )
  const click = await fetch(end, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  })
  assert.equal(click.status, 200)
  assert.deepEqual(await ada.get('/pushers'), { pushers: [] })
  const report = await call(`${url}/_belfry/v1/pushers`, { token: ada.token })
  assert.equal((report.body['removed'] as { reason: string }[])[0]?.reason, 'unsubscribed')
  assert.equal((await call(end)).status, 404)
  assert.equal((await call(end, { method: 'POST' })).status, 200)
  await bob.say(roomId, 'Are you there?')
  clock.advance(HOUR)
  assert.equal(mailServer.mails.length, 2)
})

test('an event that is read in time or redacted is not mailed', async (t) => {
  const fixture = await createEmailFixture(t)
  const { mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  await ada.read(roomId, await bob.say(roomId, 'read'))
  const gone = await bob.say(roomId, 'redacted')
  await bob.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(gone)}/r1`, {})
  clock.advance(10 * MINUTE)
  await eventually(async () => (await queued(ada)) === 0)
  assert.deepEqual(mailServer.mails, [])
  await bob.say(roomId, 'kept')
  clock.advance(10 * MINUTE)
  const mail = await mailServer.waitFor(() => true)
  assert.match(mail.parsed.text ?? '', /kept/)
  assert.doesNotMatch(mail.parsed.text ?? '', /: *\n +(read|redacted)/)
})

test('one mail covers many rooms, and the delay of further mails of a room grows until the room is quiet', async (t) => {
  const fixture = await createEmailFixture(t)
  const { mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const other = await roomOf(bob, [ada], 'The kitchen')
  const mails = async (count: number) => {
    await eventually(() => mailServer.mails.length >= count)
    await eventually(async () => (await queued(ada)) === 0)
    assert.equal(mailServer.mails.length, count)
  }
  await bob.say(roomId, 'one')
  clock.advance(8 * MINUTE)
  await bob.say(other, 'two')
  clock.advance(2 * MINUTE)
  await mails(1)
  assert.deepEqual(subjectsOf(mailServer), ['[Example] 2 notifications in 2 rooms'])
  assert.match(mailServer.mails[0]?.parsed.text ?? '', /The kitchen[^]*two[^]*The office[^]*one/)

  for (const wait of [10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 24 * HOUR]) {
    await bob.say(roomId, 'again')
    const before = mailServer.mails.length
    clock.advance(wait)
    await mails(before + 1)
  }
  clock.advance(13 * HOUR)
  await bob.say(roomId, 'news')
  clock.advance(10 * MINUTE)
  await mails(7)
})

test('a restart neither loses waiting mail nor sends mail twice', async (t) => {
  const fixture = await createEmailFixture(t)
  const { ada, bob, roomId } = await adaAndBob(fixture)
  await bob.say(roomId, 'before the restart')
  fixture.clock.advance(9 * MINUTE)
  await fixture.close()
  fixture.clock.advance(MINUTE)
  const { url } = await fixture.start()
  await fixture.mailServer.waitFor(({ parsed }) => /before the restart/.test(parsed.text ?? ''))
  const again = await loginUser(url, 'ada')
  await eventually(async () => (await queued(again)) === 0)
  assert.equal(fixture.mailServer.mails.length, 1)
  assert.equal(again.userId, ada.userId)
})

test('an event that waits during SIGKILL is mailed once after the restart', async (t) => {
  const mailServer = await startMailReceiver(t)
  const data = newDataFolder(t)
  const settings = (delay: string) => mailSettings(mailServer.port, { BELFRY_EMAIL_DELAY_S: delay })
  const first = await startProcess(t, data, settings('600'))
  const { bob, roomId } = await adaAndBob({ url: first.url, mailServer })
  for (const text of ['one', 'two', 'three']) await bob.say(roomId, text)
  await first.end('SIGKILL')
  assert.deepEqual(mailServer.mails, [])

  // The clock of the second server is ten minutes later.
  const second = await startProcess(t, data, settings('1'))
  const mail = await mailServer.waitFor(() => true)
  assert.match(mail.parsed.text ?? '', /one[^]*two[^]*three/)
  const ada = await loginUser(second.url, 'ada')
  await eventually(async () => (await queued(ada)) === 0)
  assert.equal(mailServer.mails.length, 1)
})

test('SIGTERM ends the server in time while the mail server hangs', async (t) => {
  const mailServer = await startMailReceiver(t)
  const server = await startProcess(t, newDataFolder(t), mailSettings(mailServer.port))
  const ada = await registerUser(server.url, 'ada')
  mailServer.replyWith({ end: 'hang' })
  const asked = { email: 'ada@example.org', client_secret: 's', send_attempt: 1 }
  const asking = ada.try('POST', '/account/3pid/email/requestToken', asked)
  await eventually(() => mailServer.connections === 1)
  assert.equal(await server.end('SIGTERM'), 0)
  assert.equal((await asking).status, 503)
})

test('a test push sends a mail and reports the reply of the mail server', async (t) => {
  const fixture = await createEmailFixture(t)
  const { url, mailServer } = fixture
  const { ada } = await adaAndBob(fixture)
  const run = async () => {
    const lines: string[] = []
    const print = (line: string) => void lines.push(line)
    const env = { BELFRY_TOKEN: ada.token, BELFRY_URL: url }
    const context = { env, fetch, print, complain: print } as unknown as CommandContext
    return {
      code: await runCommand(['push', 'test'], context),
      text: lines.join('\n').replace(/\d+ ms/, 'N ms'),
    }
  }
  const name = `ada@example.org (m.email, ${shortHash('ada@example.org')})`
  assert.deepEqual(await run(), {
    code: 0,
    text: `${name}: ok, the mail server accepted it (status 250, N ms)`,
  })
  const [mail] = mailServer.mails
  assert.equal(mail?.parsed.subject, '[Example] Test')
  assert.match(mail?.header('list-unsubscribe') ?? '', /^<https:/)
  mailServer.replyWith({ recipient: 550 })
  assert.deepEqual(await run(), { code: 1, text: `${name}: not delivered (status 550, N ms)` })
  await mailServer.close()
  assert.deepEqual(await run(), { code: 1, text: `${name}: not delivered (connection refused, N ms)` })
  assert.equal(((await ada.get('/pushers'))['pushers'] as unknown[]).length, 1)
})

test('a mail with encrypted messages, invitations and hostile names arrives as plain text', async (t) => {
  const fixture = await createEmailFixture(t, { BELFRY_EMAIL_CLIENT_URL: 'https://app.example.org' })
  const { mailServer, clock } = fixture
  const { ada, bob } = await adaAndBob(fixture)
  const hostile = '<script>alert(1)</script>\r\nBcc: eve@example.org\u202e'
  await bob.put(`/profile/${encodeURIComponent(bob.userId)}/displayname`, { displayname: hostile })
  const roomId = await roomOf(bob, [ada], hostile)
  const send = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/e1`
  await bob.put(send, { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgAEnACgAkLm' })
  await bob.say(roomId, '<b>hello</b>\n.\n-- \nnot ours: javascript:alert(1)', { formatted_body: '<i>x</i>' })
  await bob.createRoom({ name: 'Only you', invite: [ada.userId] })
  clock.advance(10 * MINUTE)
  const mail = await mailServer.waitFor(() => true)
  const { parsed, raw } = mail
  assert.equal(parsed.subject, '[Example] 3 notifications in 2 rooms')
  assert.equal(mail.header('bcc'), undefined)
  assert.match(parsed.text ?? '', /sent an encrypted message/)
  assert.match(parsed.text ?? '', /invites you/)
  assert.doesNotMatch(raw, /AwgAEnACgAkLm/)
  assert.doesNotMatch(parsed.html ?? '', /<script|<b>hello|<i>x/)
  assert.match(parsed.html ?? '', /&lt;b&gt;hello&lt;\/b&gt;/)
  for (const [, link] of (parsed.html ?? '').matchAll(/href="([^"]*)"/g))
    assert.match(link ?? '', /^https:\/\//)
})

test('a rule excludes a room from mail (MSC4062), and explain returns the reason', async (t) => {
  const fixture = await createEmailFixture(t)
  const { url, mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  await ada.put(`/pushrules/global/room/${encodeURIComponent(roomId)}`, {
    actions: ['notify', { set_tweak: 'org.matrix.msc4062.dont_email' }],
  })
  const eventId = await bob.say(roomId, 'not by mail')
  clock.advance(10 * MINUTE)
  await eventually(async () => (await queued(ada)) === 0)
  assert.deepEqual(mailServer.mails, [])
  const asked = `?room_id=${encodeURIComponent(roomId)}&event_id=${encodeURIComponent(eventId)}`
  const { body } = await call(`${url}/_belfry/v1/explain${asked}`, { token: ada.token })
  const [pusher] = body['pushers'] as Record<string, unknown>[]
  assert.equal(body['notify'], true)
  assert.deepEqual(
    [pusher?.['kind'], pusher?.['poke'], pusher?.['reason']],
    ['email', false, 'not by e-mail'],
  )
})

test('the journey of an event lists the steps of its mail: waiting, failed, sent, held, read', async (t) => {
  const fixture = await createEmailFixture(t)
  const { url, mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const journey = async (eventId: string) => {
    const { body } = await call(`${url}/_belfry/v1/journey?event_id=${encodeURIComponent(eventId)}`, {
      token: ada.token,
    })
    const [pusher] = body['pushers'] as {
      steps: { step: string; reason: string; text: string; status?: number }[]
    }[]
    return pusher?.steps ?? []
  }
  const words = async (eventId: string) =>
    (await journey(eventId)).map(({ step, reason }) => `${step}: ${reason}`)
  const first = await bob.say(roomId, 'one')
  assert.deepEqual(await words(first), ['waiting: may be read first'])
  mailServer.replyWith({ recipient: 450 })
  clock.advance(10 * MINUTE)
  await eventually(async () => (await words(first)).includes('attempt: mail failed'))
  mailServer.replyWith({})
  clock.advance(15_000)
  await mailServer.waitFor(() => true)
  await eventually(async () => (await words(first)).includes('sent: mailed'))
  const [, failed, taken] = await journey(first)
  assert.deepEqual([failed?.status, failed?.text], [450, 'The mail was not sent; it is retried (smtp 450).'])
  assert.deepEqual([taken?.status, taken?.text], [250, 'The mail server accepted the mail.'])
  const second = await bob.say(roomId, 'two')
  clock.advance(10 * MINUTE)
  await eventually(async () => mailServer.mails.length === 2)
  const third = await bob.say(roomId, 'three')
  clock.advance(10 * MINUTE)
  await eventually(async () => (await words(third)).includes('held: mailed not long ago'))
  await ada.read(roomId, third)
  clock.advance(HOUR)
  await eventually(async () => (await words(third)).includes('skipped: read'))
  assert.deepEqual(await words(second), ['waiting: may be read first', 'attempt: mail taken', 'sent: mailed'])
})

test('the pages of links allow no scripts, frames, referrer or caching', async (t) => {
  const fixture = await createEmailFixture(t)
  const ada = await registerUser(fixture.url, 'ada')
  const asked = { email: 'a+b@example.org', client_secret: 's', send_attempt: 1 }
  await ada.post('/account/3pid/email/requestToken', asked)
  const link = linkIn(await fixture.mailServer.waitFor(() => true), fixture.url, 'validate')
  for (const { status, headers, body } of [
    await call(link),
    await call(`${link}x`),
    await call(link, { method: 'POST' }),
  ]) {
    assert.ok([200, 404].includes(status))
    assert.match(headers.get('content-type') ?? '', /^text\/html/)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none';.*form-action 'self';.*frame-ancestors 'none'$/)
    assert.deepEqual(
      ['referrer-policy', 'cache-control', 'x-frame-options', 'x-content-type-options'].map((name) =>
        headers.get(name),
      ),
      ['no-referrer', 'no-store', 'DENY', 'nosniff'],
    )
    assert.doesNotMatch(String(body['text']), /<script|src=|http/)
  }
  assert.equal((await call(link.replace(/[^/]*$/, '%00'))).status, 400)
})

test('mails with tokens are limited by recipient and by client', async (t) => {
  const { url, mailServer, clock } = await createEmailFixture(t, {
    BELFRY_RATE_LIMITS_ENABLED: 'true',
    BELFRY_RATE_LIMITS_EMAIL_TOKENS_PER_HOUR_PER_RECIPIENT: '2',
    BELFRY_RATE_LIMITS_EMAIL_TOKENS_PER_MINUTE_PER_ADDRESS: '6',
  })
  let n = 0
  const ask = async (email: string) =>
    (
      await call(`${url}/_matrix/client/v3/account/3pid/email/requestToken`, {
        body: { email, client_secret: `s${n++}`, send_attempt: 1 },
      })
    ).status
  const statuses = []
  for (const email of ['a@example.org', 'A@example.org', 'a@example.org', 'b@example.org'])
    statuses.push(await ask(email))
  assert.deepEqual(statuses, [200, 200, 429, 200])
  assert.equal(mailServer.mails.length, 3)
  statuses.length = 0
  for (let m = 0; m < 3; m++) statuses.push(await ask(`c${m}@example.org`))
  assert.deepEqual(statuses, [200, 200, 429])
  clock.advance(31 * MINUTE)
  assert.equal(await ask('a@example.org'), 200)
})

test('an e-mail pusher survives the removal of devices and a new password, and is removed with its address or account', async (t) => {
  const fixture = await createEmailFixture(t)
  const { url, mailServer, clock } = fixture
  const { ada, bob, roomId } = await adaAndBob(fixture)
  const tablet = await loginUser(url, 'ada')
  await ada.post('/logout')
  const changed = 'an even finer password'
  await tablet.post('/account/password', { new_password: changed, auth: auth('ada') })
  await bob.say(roomId, 'still there?')
  clock.advance(10 * MINUTE)
  await mailServer.waitFor(({ parsed }) => /still there/.test(parsed.text ?? ''))

  const gone = await tablet.post('/account/3pid/delete', { medium: 'email', address: 'ADA@example.org' })
  assert.deepEqual(gone, { id_server_unbind_result: 'no-support' })
  assert.deepEqual(await tablet.get('/account/3pid'), { threepids: [] })
  assert.deepEqual(await tablet.get('/pushers'), { pushers: [] })
  const report = await call(`${url}/_belfry/v1/pushers`, { token: tablet.token })
  assert.equal((report.body['removed'] as { reason: string }[])[0]?.reason, 'address removed')

  // Another account can add the address now, and loses it when the account is closed.
  await addAddress(fixture, bob, 'ada@example.org')
  await bob.post('/pushers/set', mailPusher('ada@example.org'))
  await bob.post('/account/deactivate', { auth: { ...auth('bob'), password: PASSWORD } })
  const carol = await registerUser(url, 'carol')
  await addAddress(fixture, carol, 'ada@example.org')
  assert.equal((await carol.try('POST', '/pushers/set', mailPusher('ada@example.org'))).status, 200)
})

test('an e-mail pusher is refused unless its address is validated', async (t) => {
  const fixture = await createEmailFixture(t)
  const { ada, bob } = await adaAndBob(fixture)
  const attempts: [Record<string, unknown>, string][] = [
    [mailPusher('eve@example.org'), 'M_THREEPID_NOT_FOUND'],
    [mailPusher('not an address'), 'M_THREEPID_NOT_FOUND'],
    [mailPusher('ada@example.org', { app_id: 'org.example.app' }), 'M_INVALID_PARAM'],
    [
      mailPusher('ada@example.org', {
        kind: 'http',
        data: { url: 'http://127.0.0.1/_matrix/push/v1/notify' },
      }),
      'M_INVALID_PARAM',
    ],
    [mailPusher('ada@example.org', { data: null }), 'M_MISSING_PARAM'],
    [mailPusher('ada@example.org', { data: 'x' }), 'M_BAD_JSON'],
  ]
  for (const [body, errcode] of attempts)
    assert.equal((await ada.try('POST', '/pushers/set', body)).body['errcode'], errcode, JSON.stringify(body))
  const others = await bob.try('POST', '/pushers/set', mailPusher('ada@example.org'))
  assert.deepEqual([others.status, others.body['errcode']], [400, 'M_THREEPID_NOT_FOUND'])
  assert.equal(((await ada.get('/pushers'))['pushers'] as unknown[]).length, 1)
})

test('a server without mail settings refuses e-mail pushers and tokens', async (t) => {
  const { url } = await createEmailFixture(t, { BELFRY_EMAIL_SMTP: '' })
  const ada = await registerUser(url, 'ada')
  const body = { email: 'ada@example.org', client_secret: 's', send_attempt: 1 }
  const asked = await ada.try('POST', '/account/3pid/email/requestToken', body)
  assert.equal(asked.status, 400)
  assert.equal(asked.body['errcode'], 'M_THREEPID_MEDIUM_NOT_SUPPORTED')
  assert.match(String(asked.body['error']), /sends no e-mail/)
  assert.match(
    String((await ada.try('POST', '/pushers/set', mailPusher('ada@example.org'))).body['error']),
    /sends no e-mail/,
  )
  const { capabilities } = await ada.get('/capabilities')
  assert.deepEqual((capabilities as Record<string, unknown>)['m.3pid_changes'], { enabled: false })
})

type Reader = { get(path: string): Promise<Record<string, unknown>> }
async function queued(user: Reader): Promise<number | undefined> {
  const { pushers } = (await user.get('/pushers')) as { pushers: { 'org.belfry.status': Status }[] }
  return pushers[0]?.['org.belfry.status'].queued
}

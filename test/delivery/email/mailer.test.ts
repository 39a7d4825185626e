import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../src/lib/clock.ts'
import { type MailerOptions, makeMailer } from '../../../src/delivery/email/mailer.ts'
import type { Mail } from '../../../src/lib/mail/mail.ts'
import { afterTest } from '../../support/after-test.ts'
import { eventually } from '../../support/eventually.ts'
import { LOOPBACK_CERTIFICATE } from '../../support/loopback-certificate.ts'
import { startMailReceiver } from '../../support/mail-receiver.ts'

const mail: Mail = {
  to: 'ada@example.org',
  subject: 'Ding dong',
  text: 'plain\n.\nand on',
  html: '<p>rich</p>',
  id: 'an-id',
  unsubscribe: `https://example.org/end/${'t'.repeat(200)}`,
}

const mailerFor = (port: number, options: Partial<MailerOptions> = {}) => mailer(port, options).send

function mailer(port: number, options: Partial<MailerOptions> = {}) {
  return makeMailer({
    host: '127.0.0.1',
    port,
    isSecure: false,
    tls: 'when_offered',
    login: undefined,
    from: { name: 'Belfry, "the" server', address: 'belfry@example.org' },
    ca: [LOOPBACK_CERTIFICATE],
    timeoutMs: 30_000,
    connections: 2,
    clock: systemClock,
    ...options,
  })
}

/** Without the duration. */
function timeless<T extends { ms?: number }>(result: T): Omit<T, 'ms'> {
  const rest = { ...result }
  delete rest.ms
  return rest
}

test('sends the complete mail, with headers for unsubscribing and against automatic replies', async (t) => {
  const server = await startMailReceiver(t)
  const result = await mailerFor(server.port)(mail)
  assert.deepEqual(timeless(result), { kind: 'delivered', reason: 'accepted', status: 250 })
  const [got] = server.mails
  assert.ok(got)
  assert.deepEqual([got.from, got.to], ['belfry@example.org', ['ada@example.org']])
  assert.equal(got.parsed.subject, 'Ding dong')
  assert.equal(got.parsed.text, 'plain\n.\nand on\n')
  assert.equal(got.parsed.html, '<p>rich</p>\n')
  assert.deepEqual(got.parsed.from, { name: 'Belfry, "the" server', address: 'belfry@example.org' })
  assert.deepEqual(got.parsed.to, [{ name: '', address: 'ada@example.org' }])
  assert.equal(got.parsed.messageId, '<an-id@example.org>')
  assert.equal(got.header('List-Unsubscribe'), `<${mail.unsubscribe}>`)
  assert.equal(got.header('List-Unsubscribe-Post'), 'List-Unsubscribe=One-Click')
  assert.equal(got.header('Auto-Submitted'), 'auto-generated')
})

test('uses STARTTLS and a login when configured', async (t) => {
  const login = { user: 'belfry', password: 'päss word' }
  const server = await startMailReceiver(t, { tls: 'offered', login })
  assert.equal((await mailerFor(server.port, { tls: 'required', login })(mail)).kind, 'delivered')
  assert.deepEqual([server.mails[0]?.isSecure, server.mails[0]?.user], [true, 'belfry'])
  const wrong = await mailerFor(server.port, { tls: 'required', login: { ...login, password: 'no' } })(mail)
  assert.deepEqual(timeless(wrong), { kind: 'misconfigured', reason: 'login refused', status: 535 })
  assert.equal(server.mails.length, 1)
})

test('uses TLS from the start for smtps', async (t) => {
  const server = await startMailReceiver(t, { tls: 'at once' })
  assert.equal((await mailerFor(server.port, { isSecure: true })(mail)).kind, 'delivered')
  assert.equal(server.mails[0]?.isSecure, true)
})

test('sends nothing without TLS when it is required, and nothing to a server with an untrusted certificate', async (t) => {
  const open = await startMailReceiver(t)
  const refused = await mailerFor(open.port, { tls: 'required' })(mail)
  assert.deepEqual(timeless(refused), { kind: 'retry', reason: 'tls' })
  const stranger = await startMailReceiver(t, { tls: 'offered' })
  const unknown = await mailerFor(stranger.port, { tls: 'required', ca: [] })(mail)
  assert.deepEqual(timeless(unknown), { kind: 'retry', reason: 'tls' })
  const never = await mailerFor(stranger.port, { tls: 'off' })(mail)
  assert.equal(never.kind, 'delivered')
  assert.equal(stranger.mails[0]?.isSecure, false)
  assert.deepEqual([open.mails.length, stranger.mails.length], [0, 1])
})

for (const [what, answer, expected] of [
  ['4xx for the recipient', { recipient: 450 }, { kind: 'retry', reason: 'smtp 450', status: 450 }],
  ['5xx for the recipient', { recipient: 550 }, { kind: 'refused', reason: 'smtp 550', status: 550 }],
  ['4xx for the message', { data: 451 }, { kind: 'retry', reason: 'smtp 451', status: 451 }],
  ['5xx for the message', { data: 554 }, { kind: 'refused', reason: 'smtp 554', status: 554 }],
  // The operator must correct this, not the recipient.
  ['5xx for the sender', { sender: 550 }, { kind: 'retry', reason: 'smtp 550', status: 550 }],
  ['a reset after the mail', { end: 'reset' }, { kind: 'retry', reason: 'connection closed' }],
] as const)
  test(`${what}: ${expected.kind}`, async (t) => {
    const server = await startMailReceiver(t)
    server.answer(answer)
    assert.deepEqual(timeless(await mailerFor(server.port)(mail)), expected)
  })

test('ends with a timeout at the deadline when the server stops responding in any step', async (t) => {
  const silent = await listening(t, () => undefined)
  const slow = await listening(t, (write) => {
    const words = setInterval(() => write('220-still thinking\r\n'), 5)
    afterTest(t, () => clearInterval(words))
  })
  const hanging = await startMailReceiver(t)
  hanging.answer({ end: 'hang' })
  for (const port of [silent, slow, hanging.port]) {
    const result = await mailerFor(port, { timeoutMs: 100 })(mail)
    assert.deepEqual(timeless(result), { kind: 'retry', reason: 'timeout' })
  }
})

test('ends the wait for a server that hangs when it is disposed or the signal aborts', async (t) => {
  const server = await startMailReceiver(t)
  server.answer({ end: 'hang' })
  const { send, ...rest } = mailer(server.port, { connections: 1 })
  const hangUp = new AbortController()
  const [asked, running, waiting] = [send(mail, hangUp.signal), send(mail), send(mail)]
  await eventually(() => server.connections === 1)
  hangUp.abort()
  assert.deepEqual(timeless(await asked), { kind: 'retry', reason: 'stopped' })
  await eventually(() => server.connections === 2)
  await rest[Symbol.asyncDispose]()
  assert.deepEqual([await running, await waiting].map(timeless), [
    { kind: 'retry', reason: 'stopped' },
    { kind: 'retry', reason: 'stopped' },
  ])
})

test('includes the wait for a connection in the deadline of a mail', async (t) => {
  const server = await startMailReceiver(t)
  server.answer({ end: 'hang' })
  const { send } = mailer(server.port, { connections: 1, timeoutMs: 200 })
  const results = await Promise.all([send(mail), send(mail), send(mail)])
  for (const result of results) assert.deepEqual(timeless(result), { kind: 'retry', reason: 'timeout' })
  // None at all where the machine is too slow to open one before the deadline.
  assert.ok(server.connections <= 1, `${server.connections} connections`)
})

test('reports a refused connection, and a server that does not speak SMTP', async (t) => {
  const gone = await startMailReceiver(t)
  await gone.close()
  assert.deepEqual(timeless(await mailerFor(gone.port)(mail)), {
    kind: 'retry',
    reason: 'connection refused',
  })
  const odd = await listening(t, (write) => write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  assert.deepEqual(timeless(await mailerFor(odd)(mail)), { kind: 'retry', reason: 'bad response' })
  const nowhere = await mailerFor(25, { host: 'no-such-host.invalid' })(mail)
  assert.deepEqual(timeless(nowhere), { kind: 'retry', reason: 'dns' })
})

test('sends a mail after a failure, and limits the number of connections', async (t) => {
  const server = await startMailReceiver(t)
  const send = mailerFor(server.port, { connections: 1 })
  server.answer({ recipient: 450 })
  assert.equal((await send(mail)).kind, 'retry')
  server.answer({})
  const results = await Promise.all([send(mail), send(mail), send(mail)])
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['delivered', 'delivered', 'delivered'],
  )
  assert.equal(server.connections, 4)
})

test('does not add a header or a recipient that a subject or an address contains', async (t) => {
  const server = await startMailReceiver(t)
  const hostile = 'Hi\r\nBcc: eve@example.org\r\n\r\nbody'
  await mailerFor(server.port)({ ...mail, subject: hostile, to: 'ada@example.org,eve@example.org' })
  await mailerFor(server.port)({ ...mail, subject: hostile })
  assert.deepEqual(
    server.mails.map(({ to }) => to),
    [['ada@example.org']],
  )
  assert.equal(server.mails[0]?.header('bcc'), undefined)
  assert.equal(server.mails[0]?.parsed.text, 'plain\n.\nand on\n')
})

/** A server that sends a fixed text to every connection. */
async function listening(t: TestContext, greet: (write: (text: string) => void) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    afterTest(t, () => socket.destroy())
    greet((text) => void socket.write(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => server.close())
  return (server.address() as AddressInfo).port
}

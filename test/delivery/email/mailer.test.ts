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
  to: 'bob@example.org',
  subject: 'A subject',
  text: 'plain\n.\nand on',
  language: 'en',
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

/** Returns the result without its duration. */
function withoutDuration<T extends { ms?: number }>(result: T): Omit<T, 'ms'> {
  const rest = { ...result }
  delete rest.ms
  return rest
}

test('sends the complete mail, with headers for unsubscribing and against automatic replies', async (t) => {
  const server = await startMailReceiver(t)
  const result = await mailerFor(server.port)(mail)
  assert.deepEqual(withoutDuration(result), { kind: 'delivered', reason: 'accepted', status: 250 })
  const [received] = server.mails
  assert.ok(received)
  assert.deepEqual([received.from, received.to], ['belfry@example.org', ['bob@example.org']])
  assert.equal(received.parsed.subject, 'A subject')
  assert.equal(received.parsed.text, 'plain\n.\nand on\n')
  assert.equal(received.parsed.html, '<p>rich</p>\n')
  assert.deepEqual(received.parsed.from, { name: 'Belfry, "the" server', address: 'belfry@example.org' })
  assert.deepEqual(received.parsed.to, [{ name: '', address: 'bob@example.org' }])
  assert.equal(received.parsed.messageId, '<an-id@example.org>')
  assert.equal(received.header('List-Unsubscribe'), `<${mail.unsubscribe}>`)
  assert.equal(received.header('List-Unsubscribe-Post'), 'List-Unsubscribe=One-Click')
  assert.equal(received.header('Auto-Submitted'), 'auto-generated')
})

test('uses STARTTLS and a login when configured', async (t) => {
  const login = { user: 'belfry', password: 'päss word' }
  const server = await startMailReceiver(t, { tls: 'offered', login })
  assert.equal((await mailerFor(server.port, { tls: 'required', login })(mail)).kind, 'delivered')
  assert.deepEqual([server.mails[0]?.isSecure, server.mails[0]?.user], [true, 'belfry'])
  const wrongPassword = await mailerFor(server.port, {
    tls: 'required',
    login: { ...login, password: 'no' },
  })(mail)
  assert.deepEqual(withoutDuration(wrongPassword), {
    kind: 'misconfigured',
    reason: 'login refused',
    status: 535,
  })
  assert.equal(server.mails.length, 1)
})

test('uses TLS from the start for smtps', async (t) => {
  const server = await startMailReceiver(t, { tls: 'at once' })
  assert.equal((await mailerFor(server.port, { isSecure: true })(mail)).kind, 'delivered')
  assert.equal(server.mails[0]?.isSecure, true)
})

test('sends nothing without TLS when it is required, and nothing to a server with an untrusted certificate', async (t) => {
  const unencrypted = await startMailReceiver(t)
  const withoutTls = await mailerFor(unencrypted.port, { tls: 'required' })(mail)
  assert.deepEqual(withoutDuration(withoutTls), { kind: 'retry', reason: 'tls' })
  const untrusted = await startMailReceiver(t, { tls: 'offered' })
  const unverified = await mailerFor(untrusted.port, { tls: 'required', ca: [] })(mail)
  assert.deepEqual(withoutDuration(unverified), { kind: 'retry', reason: 'tls' })
  const withTlsOff = await mailerFor(untrusted.port, { tls: 'off' })(mail)
  assert.equal(withTlsOff.kind, 'delivered')
  assert.equal(untrusted.mails[0]?.isSecure, false)
  assert.deepEqual([unencrypted.mails.length, untrusted.mails.length], [0, 1])
})

for (const [condition, reply, expected] of [
  ['a 4xx reply to the recipient', { recipient: 450 }, { kind: 'retry', reason: 'smtp 450', status: 450 }],
  ['a 5xx reply to the recipient', { recipient: 550 }, { kind: 'refused', reason: 'smtp 550', status: 550 }],
  ['a 4xx reply to the message', { data: 451 }, { kind: 'retry', reason: 'smtp 451', status: 451 }],
  ['a 5xx reply to the message', { data: 554 }, { kind: 'refused', reason: 'smtp 554', status: 554 }],
  // The operator must correct this, not the recipient.
  ['a 5xx reply to the sender', { sender: 550 }, { kind: 'retry', reason: 'smtp 550', status: 550 }],
  ['a reset after the mail', { end: 'reset' }, { kind: 'retry', reason: 'connection closed' }],
] as const)
  test(`returns ${expected.kind} for ${condition}`, async (t) => {
    const server = await startMailReceiver(t)
    server.replyWith(reply)
    assert.deepEqual(withoutDuration(await mailerFor(server.port)(mail)), expected)
  })

test('ends with a timeout at the deadline when the server stops responding in any step', async (t) => {
  const silent = await startTcpServer(t, () => undefined)
  const slow = await startTcpServer(t, (write) => {
    const timer = setInterval(() => write('220-please wait\r\n'), 5)
    afterTest(t, () => clearInterval(timer))
  })
  const hanging = await startMailReceiver(t)
  hanging.replyWith({ end: 'hang' })
  for (const port of [silent, slow, hanging.port]) {
    const result = await mailerFor(port, { timeoutMs: 100 })(mail)
    assert.deepEqual(withoutDuration(result), { kind: 'retry', reason: 'timeout' })
  }
})

test('ends the wait for a server that hangs when it is disposed or the signal aborts', async (t) => {
  const server = await startMailReceiver(t)
  server.replyWith({ end: 'hang' })
  const { send, ...rest } = mailer(server.port, { connections: 1 })
  const controller = new AbortController()
  const [aborted, running, waiting] = [send(mail, controller.signal), send(mail), send(mail)]
  await eventually(() => server.connections === 1)
  controller.abort()
  assert.deepEqual(withoutDuration(await aborted), { kind: 'retry', reason: 'stopped' })
  await eventually(() => server.connections === 2)
  await rest[Symbol.asyncDispose]()
  assert.deepEqual([await running, await waiting].map(withoutDuration), [
    { kind: 'retry', reason: 'stopped' },
    { kind: 'retry', reason: 'stopped' },
  ])
})

test('includes the wait for a connection in the deadline of a mail', async (t) => {
  const server = await startMailReceiver(t)
  server.replyWith({ end: 'hang' })
  const { send } = mailer(server.port, { connections: 1, timeoutMs: 200 })
  const results = await Promise.all([send(mail), send(mail), send(mail)])
  for (const result of results)
    assert.deepEqual(withoutDuration(result), { kind: 'retry', reason: 'timeout' })
  // A slow machine may open no connection before the deadline.
  assert.ok(server.connections <= 1, `${server.connections} connections`)
})

test('reports a refused connection, and a server that does not speak SMTP', async (t) => {
  const stopped = await startMailReceiver(t)
  await stopped.close()
  assert.deepEqual(withoutDuration(await mailerFor(stopped.port)(mail)), {
    kind: 'retry',
    reason: 'connection refused',
  })
  const notSmtp = await startTcpServer(t, (write) => write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  assert.deepEqual(withoutDuration(await mailerFor(notSmtp)(mail)), { kind: 'retry', reason: 'bad response' })
  const unresolved = await mailerFor(25, { host: 'no-such-host.invalid' })(mail)
  assert.deepEqual(withoutDuration(unresolved), { kind: 'retry', reason: 'dns' })
})

test('sends a mail after a failure, and limits the number of connections', async (t) => {
  const server = await startMailReceiver(t)
  const send = mailerFor(server.port, { connections: 1 })
  server.replyWith({ recipient: 450 })
  assert.equal((await send(mail)).kind, 'retry')
  server.replyWith({})
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
  await mailerFor(server.port)({ ...mail, subject: hostile, to: 'bob@example.org,eve@example.org' })
  await mailerFor(server.port)({ ...mail, subject: hostile })
  assert.deepEqual(
    server.mails.map(({ to }) => to),
    [['bob@example.org']],
  )
  assert.equal(server.mails[0]?.header('bcc'), undefined)
  assert.equal(server.mails[0]?.parsed.text, 'plain\n.\nand on\n')
})

/** Starts a TCP server that calls `onConnection` for each connection. Resolves to its port. */
async function startTcpServer(
  t: TestContext,
  onConnection: (write: (text: string) => void) => void,
): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    afterTest(t, () => socket.destroy())
    onConnection((text) => void socket.write(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => server.close())
  return (server.address() as AddressInfo).port
}

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { afterTest } from '../support/after-test.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { checkedResponses } from '../support/response-check.ts'
import { call, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { type MailReceiver, type ReceivedMail, startMailReceiver } from '../support/mail-receiver.ts'

// A Belfry with an SMTP server, and a clock that the test advances.

export const PUBLIC_URL = 'https://matrix.example.org'
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export type EmailFixture = Awaited<ReturnType<typeof createEmailFixture>>

export async function createEmailFixture(t: TestContext, env: Record<string, string> = {}) {
  const mailServer = await startMailReceiver(t)
  const clock = createManualClock()
  const data = newDataFolder(t)
  const start = async () => {
    const belfry = await createBelfry(
      loadConfig({
        argv: ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent', '--open-registration'],
        env: mailSettings(mailServer.port, env),
      }),
      { clock, onResponse: checkedResponses(t), passwordCost: CHEAP },
    )
    let closing: Promise<void> | undefined
    const close = () => (closing ??= belfry.close())
    afterTest(t, close)
    const { url } = await belfry.listen()
    return { url, close, belfry }
  }
  return { mailServer, clock, start, ...(await start()) }
}

export function mailSettings(port: number, env: Record<string, string> = {}): Record<string, string> {
  return {
    BELFRY_RATE_LIMITS_ENABLED: 'false',
    BELFRY_PUSH_ALLOW_IP_RANGES: '127.0.0.0/8',
    BELFRY_PUBLIC_URL: PUBLIC_URL,
    BELFRY_EMAIL_SMTP: `smtp://127.0.0.1:${port}`,
    BELFRY_EMAIL_TLS: 'off',
    BELFRY_EMAIL_FROM: 'The Example <belfry@example.org>',
    BELFRY_EMAIL_NAME: 'Example',
    ...env,
  }
}

/** The first link of a mail below a path, with the address of the test server. */
export function linkIn(mail: ReceivedMail, url: string, what: 'validate' | 'unsubscribe'): string {
  const found = new RegExp(`${PUBLIC_URL}(\\S*/email/${what}/\\S+)`).exec(mail.parsed.text ?? '')
  assert.ok(found, String(mail.parsed.text))
  return `${url}${found[1]}`
}

export const auth = (name: string) => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: name },
  password: PASSWORD,
})

/** Requests a token, opens its link, and adds the address. */
export async function addAddress(
  { url, mailServer }: Pick<EmailFixture, 'url' | 'mailServer'>,
  user: TestUser,
  address: string,
): Promise<void> {
  const name = user.userId.slice(1).split(':', 1)[0] as string
  const client_secret = `secret-of-${name}`
  const before = new Set(mailServer.mails)
  const { sid } = await user.post('/account/3pid/email/requestToken', {
    email: address,
    client_secret,
    send_attempt: 1,
  })
  const mail = await mailServer.waitFor((one) => one.to[0] === address && !before.has(one))
  const { status } = await call(linkIn(mail, url, 'validate'), { method: 'POST' })
  assert.equal(status, 200)
  await user.post('/account/3pid/add', { sid, client_secret, auth: auth(name) })
}

export function mailPusher(address: string, more: Record<string, unknown> = {}) {
  return {
    kind: 'email',
    app_id: 'm.email',
    pushkey: address,
    app_display_name: 'Email',
    device_display_name: address,
    lang: 'en',
    data: { brand: 'Element' },
    ...more,
  }
}

/** Ada, who gets mail at a validated address, and Bob in a room with her. */
export async function adaAndBob(
  fixture: Pick<EmailFixture, 'url' | 'mailServer'>,
  pusher: Record<string, unknown> = {},
) {
  const ada = await registerUser(fixture.url, 'ada')
  const bob = await registerUser(fixture.url, 'bob')
  await addAddress(fixture, ada, 'ada@example.org')
  await ada.post('/pushers/set', mailPusher('ada@example.org', pusher))
  const roomId = await roomOf(bob, [ada], 'The office')
  fixture.mailServer.mails.length = 0
  return { ada, bob, roomId }
}

export async function roomOf(owner: TestUser, others: readonly TestUser[], name: string): Promise<string> {
  const roomId = await owner.createRoom({ preset: 'public_chat', name })
  for (const other of others) await other.post(`/join/${encodeURIComponent(roomId)}`)
  return roomId
}

export const subjectsOf = ({ mails }: Pick<MailReceiver, 'mails'>) =>
  mails.map(({ parsed }) => parsed.subject)

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import pino from 'pino'

import { fcm } from '../../../src/gateway/fcm/fcm.ts'
import { fcmError, startFakeFcm, type FcmReply } from '../../support/fake-fcm.ts'
import { eventually } from '../../support/eventually.ts'
import { folderWith, messagesFor } from '../apns/fixture.ts'
import { messageOf, providerDeps } from '../message.ts'
import { startRig } from './fixture.ts'

const MINUTE = 60_000
const never = new AbortController().signal

suite('access tokens', () => {
  test('1,000 messages at a time ask for one', async (t) => {
    const { fake, provider } = await startRig(t)
    const verdicts = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
    assert.ok(verdicts.every(({ outcome }) => outcome === 'delivered'))
    assert.equal(fake.granted(), 1)
  })

  test('it is renewed five minutes early', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(55 * MINUTE - 1)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1)
    await send()
    assert.equal(fake.granted(), 2)
    assert.equal(fake.seen[2]?.headers.authorization, 'Bearer access-2')
  })

  test('a short life is used by half', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 60 } })
    await send()
    clock.advance(29_000)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1000)
    await send()
    assert.equal(fake.granted(), 2)
  })

  test('the old one bridges an outage of the token server, until it ends', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(56 * MINUTE)
    fake.scriptGrants({ status: 503 }, { status: 503 })
    assert.equal((await send()).outcome, 'delivered')
    clock.advance(4 * MINUTE)
    assert.deepEqual(await send(), { outcome: 'retry', reason: 'token: status 503' })
    assert.equal((await send()).outcome, 'delivered')
  })

  test('one that is refused is renewed, once, and the message sent again', async (t) => {
    const { fake, send } = await startRig(t)
    await send()
    fake.revoke()
    assert.equal((await send()).outcome, 'delivered')
    assert.equal(fake.granted(), 2)
    fake.script('*', fcmError(401, 'UNAUTHENTICATED'), fcmError(401, 'UNAUTHENTICATED'))
    assert.equal((await send()).outcome, 'configuration error')
    assert.equal(fake.granted(), 3)
  })

  test('many that hear so renew it once', async (t) => {
    const { fake, provider, send } = await startRig(t)
    await send()
    fake.revoke()
    const verdicts = await Promise.all(messagesFor(200).map((message) => provider.send(message, never)))
    assert.ok(verdicts.every(({ outcome }) => outcome === 'delivered'))
    assert.equal(fake.granted(), 2)
  })

  const rows: [title: string, reply: FcmReply, verdict: object][] = [
    [
      'a key that Google does not know',
      { status: 400, body: { error: 'invalid_grant' } },
      { outcome: 'configuration error', reason: 'token: invalid_grant' },
    ],
    [
      'an account that is off',
      { status: 401, body: { error: 'invalid_client' } },
      { outcome: 'configuration error', reason: 'token: invalid_client' },
    ],
    [
      'an address that is wrong',
      { status: 404, body: '<html>' },
      { outcome: 'configuration error', reason: 'token: status 404' },
    ],
    [
      'a word that is none',
      { status: 400, body: { error: 'a secret: x' } },
      { outcome: 'configuration error', reason: 'token: status 400' },
    ],
    [
      'a redirect',
      { status: 302, headers: { location: '/' } },
      { outcome: 'configuration error', reason: 'token: status 302' },
    ],
    [
      'too many',
      { status: 429, headers: { 'retry-after': '30' } },
      { outcome: 'retry', reason: 'token: status 429', retryAfterMs: 30_000 },
    ],
    ['an outage', { status: 503 }, { outcome: 'retry', reason: 'token: status 503' }],
    ['a page', { status: 200, body: '<html>' }, { outcome: 'retry', reason: 'token: bad response' }],
    [
      'no token',
      { status: 200, body: { expires_in: 3599 } },
      { outcome: 'retry', reason: 'token: bad response' },
    ],
    [
      'a token that is none',
      { status: 200, body: { access_token: 'a\r\nb: c' } },
      { outcome: 'retry', reason: 'token: bad response' },
    ],
  ]
  for (const [title, reply, verdict] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startRig(t)
      fake.scriptGrants(reply)
      assert.deepEqual(await send(), verdict)
      assert.equal(fake.seen.length, 0)
      assert.equal((await send()).outcome, 'delivered')
    })
  }

  test('the token server hangs up, or hangs', async (t) => {
    const { fake, clock, send } = await startRig(t)
    fake.scriptGrants('reset')
    const closed = await send()
    assert.equal(closed.outcome, 'retry')
    assert.match(closed.reason, /^token: connection/)
    fake.scriptGrants('hang')
    const sent = send()
    const call = new AbortController()
    const calledOff = send({}, call.signal)
    call.abort()
    assert.deepEqual(await calledOff, { outcome: 'retry', reason: 'stopped' })
    await eventually(() => fake.asked() === 2)
    clock.advance(30_000)
    assert.deepEqual(await sent, { outcome: 'retry', reason: 'token: timeout' })
  })
})

suite('what is wrong with the service account is said', () => {
  const pem = (kind: 'ec' | 'rsa', modulusLength = 2048) => {
    const { privateKey } =
      kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength })
    return privateKey.export({ type: 'pkcs8', format: 'pem' })
  }
  const rows: [title: string, account: Record<string, unknown>, faults: RegExp[]][] = [
    ['nothing', {}, []],
    ['another kind of file', { type: 'authorized_user' }, [/not the key file of a service account/]],
    [
      'fields that are missing',
      { client_email: undefined, private_key_id: 7 },
      [/"client_email"/, /"private_key_id"/],
    ],
    ['no token_uri', { token_uri: 'oauth2.googleapis.com' }, [/"token_uri"/]],
    ['no PEM', { private_key: 'MIGTAgEAMBMGByqGSM49' }, [/no private key in PEM form/]],
    ['another kind of key', { private_key: pem('ec') }, [/another kind than RSA/]],
    ['an RSA key of 1024 bits', { private_key: pem('rsa', 1024) }, [/less than 2048 bits/]],
  ]
  for (const [title, account, faults] of rows) {
    test(title, async (t) => {
      const lines: string[] = []
      const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
      const { provider, send, fake } = await startRig(t, { account, deps: { log } })
      const found = await provider.check()
      assert.equal(found.length, faults.length, found.join('\n'))
      for (const [index, fault] of faults.entries()) assert.match(found[index] ?? '', fault)
      for (const text of [...found, ...lines]) assert.doesNotMatch(text, /MIG|BEGIN|gserviceaccount/)
      if (faults.length === 0) return
      assert.deepEqual(await send(), { outcome: 'configuration error', reason: 'credentials' })
      assert.equal(fake.seen.length + fake.granted(), 0)
    })
  }

  test('no JSON, no file, a file that everybody can read', async (t) => {
    const fake = await startFakeFcm()
    t.after(() => fake[Symbol.asyncDispose]())
    const folder = await folderWith(t, { text: 'secret', open: fake.serviceAccount() })
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
    const open = async (name: string) => {
      const options = fcm.options.parse({ project_id: 'p', service_account_file: join(folder, name) })
      const provider = await fcm.open(options, providerDeps({ log }))
      t.after(() => provider[Symbol.asyncDispose]())
      return provider.check()
    }
    assert.match(String(await open('text')), /holds no JSON object/)
    await assert.rejects(open('nothing'), {
      name: 'ConfigError',
      message: /service_account_file \(.*\): there is no such file/,
    })
    lines.length = 0
    await chmod(join(folder, 'open'), 0o644)
    assert.deepEqual(await open('open'), [])
    assert.match(lines.join(''), /can be read by everybody/)
  })
})

suite('options', () => {
  const least = { project_id: 'p', service_account_file: 'f' }
  const rows: [title: string, given: object, path: string | undefined][] = [
    ['the least', least, undefined],
    [
      'everything',
      {
        ...least,
        api_version: 'v1',
        fcm_options: { android: {} },
        max_connections: 2,
        send_badge_counts: false,
        ca_file: 'c',
      },
      undefined,
    ],
    ['no project', { service_account_file: 'f' }, 'project_id'],
    ['a project that is none', { ...least, project_id: 'a/b' }, 'project_id'],
    ['no account', { project_id: 'p' }, 'service_account_file'],
    ['the older API', { ...least, api_version: 'legacy' }, 'api_version'],
    ['options that are none', { ...least, fcm_options: [] }, 'fcm_options'],
    ['a base URL that is none', { ...least, base_url: 'fcm.googleapis.com' }, 'base_url'],
  ]
  for (const [title, given, path] of rows) {
    test(title, () => assert.equal(fcm.options.safeParse(given).error?.issues[0]?.path.join('.'), path))
  }

  test('the line is the address, which is no secret', async (t) => {
    const { fake, provider } = await startRig(t)
    assert.equal(provider.lineOf(messageOf().device), `fcm ${new URL(fake.url).host}`)
  })
})

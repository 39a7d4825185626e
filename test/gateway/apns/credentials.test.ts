import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'

import pino from 'pino'

import { makeApns } from '../../../src/gateway/apns/provider.ts'
import { faultAfter } from '../../../src/gateway/apns/fault.ts'
import { afterTest } from '../../support/after-test.ts'
import {
  APNS_CERTIFICATE,
  APNS_CERTIFICATE_KEY,
  LOOPBACK_CERTIFICATE,
} from '../../support/loopback-certificate.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { messageOf, providerDeps } from '../message.ts'
import { folderWith, messagesFor, startApnsFixture } from './fixture.ts'

const MINUTE = 60_000
const never = new AbortController().signal

suite('APNs provider tokens', () => {
  test('1,000 concurrent pushes share one token, and the token after it', async (t) => {
    const { fake, clock, provider } = await startApnsFixture(t)
    const burst = async () => {
      const results = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
      assert.ok(results.every(({ kind }) => kind === 'delivered'))
    }
    await burst()
    assert.equal(fake.tokens.size, 1)
    clock.advance(46 * MINUTE)
    await burst()
    assert.equal(fake.tokens.size, 2)
  })

  test('apps with the same key share a token', async (t) => {
    const { fake, send, open } = await startApnsFixture(t)
    const other = await open()
    await send()
    await other.send(messageOf(), never)
    assert.equal(fake.connections(), 2)
    assert.equal(fake.tokens.size, 1)
  })

  test('ExpiredProviderToken: the token is renewed, and the push is sent again', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    await send()
    clock.advance(21 * MINUTE)
    fake.script('*', { status: 403, reason: 'ExpiredProviderToken' })
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.tokens.size, 2)
    assert.equal(fake.seen.length, 3)
  })

  test('1,000 concurrent ExpiredProviderToken responses renew the token once', async (t) => {
    const { fake, clock, provider, send } = await startApnsFixture(t)
    await send()
    clock.advance(21 * MINUTE)
    fake.script('*', ...Array.from({ length: 1000 }, () => ({ status: 403, reason: 'ExpiredProviderToken' })))
    const results = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
    assert.ok(results.every(({ kind }) => kind === 'delivered'))
    assert.equal(fake.tokens.size, 2)
  })

  test('ExpiredProviderToken for a renewed token is a configuration error', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    await send()
    clock.advance(21 * MINUTE)
    const expired = { status: 403, reason: 'ExpiredProviderToken' }
    fake.script('*', expired, expired)
    assert.deepEqual(await send(), {
      kind: 'misconfigured',
      reason: 'ExpiredProviderToken',
      status: 403,
    })
    assert.equal(fake.tokens.size, 2)
  })

  test('TooManyProviderTokenUpdates: no new token is created for 20 minutes', async (t) => {
    const { fake, clock, send } = await startApnsFixture(t)
    await send()
    clock.advance(44 * MINUTE)
    fake.script('*', { status: 429, reason: 'TooManyProviderTokenUpdates' })
    await send()
    clock.advance(10 * MINUTE)
    await send()
    assert.equal(fake.tokens.size, 1)
    clock.advance(11 * MINUTE)
    await send()
    assert.equal(fake.tokens.size, 2)
  })

  test('InvalidProviderToken is a configuration error, and closes the connection', async (t) => {
    const { fake, send, open } = await startApnsFixture(t)
    const wrong = await open({ key_id: 'OTHER12345' })
    const result = { kind: 'misconfigured', reason: 'InvalidProviderToken', status: 403 }
    assert.deepEqual(await wrong.send(messageOf(), never), result)
    assert.deepEqual(await wrong.send(messageOf(), never), result)
    assert.equal(fake.connections(), 2)
    assert.equal((await send()).kind, 'delivered')
  })
})

suite('APNs client certificate', () => {
  const pem = `${APNS_CERTIFICATE}\n${APNS_CERTIFICATE_KEY}\n`
  const byCertificate = async (t: TestContext, clientCa = APNS_CERTIFICATE) => {
    const folder = await folderWith(t, { 'cert.pem': pem })
    const certfile = join(folder, 'cert.pem')
    const none = { keyfile: undefined, key_id: undefined, team_id: undefined, topic: undefined }
    return startApnsFixture(t, { fake: { by: 'certificate', clientCa }, options: { ...none, certfile } })
  }

  test('is used without a token, with its own topic, and with many streams from the start', async (t) => {
    const { fake, provider, send } = await byCertificate(t)
    assert.equal((await send()).kind, 'delivered')
    const [push] = fake.seen
    assert.equal(push?.headers.authorization, undefined)
    assert.equal(push?.headers['apns-topic'], 'org.example.app')
    assert.deepEqual(await provider.check(), [])
    assert.equal(new Date(provider.credentialsExpireAt?.() ?? 0).getUTCFullYear(), 2126)
  })

  test('not trusted by the server: nothing is sent, and no pushkey is rejected', async (t) => {
    const { fake, send } = await byCertificate(t, LOOPBACK_CERTIFICATE)
    assert.equal((await send()).kind, 'retry')
    assert.equal(fake.accepted(), 0)
  })

  test('refused with a TLS alert about the certificate: a configuration error', () => {
    for (const code of [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    ]) {
      const fault = faultAfter(Object.assign(new Error('alert'), { code }))
      assert.deepEqual(fault, { kind: 'fault', fault: 'client certificate refused', isOurs: true })
    }
    const other = faultAfter(Object.assign(new Error('alert'), { code: 'CERT_HAS_EXPIRED' }))
    assert.deepEqual(other, { kind: 'fault', fault: 'tls' }, 'this code is about the server certificate')
  })
})

suite('check() of APNs credentials', () => {
  const ec = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const TOKEN = { key_id: 'KEY1234567', team_id: 'TEAM123456', topic: 'org.example.app' }
  const goodKey = ec('P-256')

  async function opened(
    t: TestContext,
    given: {
      files?: Record<string, string>
      options: (path: (name: string) => string) => object
      now?: number
    },
  ) {
    const folder = await folderWith(t, given.files ?? {})
    const apns = makeApns()
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
    const deps = providerDeps({ log, clock: createManualClock(given.now) })
    const options = apns.options.parse(given.options((name) => join(folder, name)))
    const provider = await apns.open(options, deps)
    afterTest(t, () => provider[Symbol.asyncDispose]())
    return { provider, lines, folder }
  }

  const rows: [
    title: string,
    files: Record<string, string>,
    options: object,
    faults: RegExp[],
    now?: number,
  ][] = [
    ['a valid key', { key: goodKey }, TOKEN, []],
    [
      'a key that is not PEM',
      { key: 'MIGTAgEAMBMGByqGSM49' },
      TOKEN,
      [/keyfile .* no private key in PEM form/],
    ],
    [
      'a key on another curve',
      { key: ec('P-384') },
      TOKEN,
      [/keyfile .* contains a key that is not a P-256 key/],
    ],
    ['a malformed key_id', { key: goodKey }, { ...TOKEN, key_id: 'x', team_id: '' }, [/key_id/]],
    ['a certfile without a certificate', { cert: APNS_CERTIFICATE_KEY }, {}, [/certfile .* no certificate/]],
    ['a certfile without a private key', { cert: APNS_CERTIFICATE }, {}, [/certfile .* no private key/]],
    [
      'a certfile without certificate and key',
      { cert: 'nonsense' },
      {},
      [/no certificate/, /no private key/],
    ],
    [
      'the key of another certificate',
      { cert: `${APNS_CERTIFICATE}\n${goodKey}` },
      {},
      [/does not belong to the certificate/],
    ],
    [
      'an expired certificate',
      { cert: `${APNS_CERTIFICATE}\n${APNS_CERTIFICATE_KEY}` },
      {},
      [/certfile .* expired on 2126-11-01/],
      Date.UTC(2200, 0),
    ],
    [
      'a certificate that is not valid yet',
      { cert: `${APNS_CERTIFICATE}\n${APNS_CERTIFICATE_KEY}` },
      {},
      [/not valid before 2026-11-25/],
      Date.UTC(2020, 0),
    ],
  ]
  for (const [title, files, more, faults, now] of rows) {
    test(title, async (t) => {
      const options = (path: (name: string) => string) =>
        'cert' in files
          ? { certfile: path('cert') }
          : {
              ...more,
              ...('team_id' in more && more.team_id === '' ? { team_id: 'TEAM123456' } : {}),
              keyfile: path('key'),
            }
      const { provider, lines } = await opened(t, { files, options, ...(now !== undefined && { now }) })
      const found = await provider.check()
      assert.equal(found.length, faults.length, found.join('\n'))
      for (const [index, fault] of faults.entries()) assert.match(found[index] ?? '', fault)
      assert.equal(lines.length, faults.length)
      for (const text of [...found, ...lines]) assert.doesNotMatch(text, /MIG|BEGIN|nonsense/)
    })
  }

  test('send() returns misconfigured when the credentials are unusable', async (t) => {
    const { provider } = await opened(t, {
      files: { key: 'x' },
      options: (path) => ({ ...TOKEN, keyfile: path('key') }),
    })
    const result = await provider.send(messageOf(), never)
    assert.deepEqual(result, { kind: 'misconfigured', reason: 'credentials' })
  })

  test('a missing file, a folder and a ca_file without a certificate are configuration errors', async (t) => {
    const of = (name: string) => ({
      files: { key: goodKey, ca: 'x' },
      options: (path: (name: string) => string) => ({ ...TOKEN, keyfile: path(name) }),
    })
    await assert.rejects(opened(t, of('nothing')), {
      name: 'ConfigError',
      message: /^apps\.org\.example\.app\.keyfile \(.*nothing\): there is no such file/,
    })
    await assert.rejects(opened(t, of('.')), { name: 'ConfigError', message: /this is a folder/ })
    const ca = (path: (name: string) => string) => ({ ...TOKEN, keyfile: path('key'), ca_file: path('ca') })
    await assert.rejects(opened(t, { ...of('key'), options: ca }), {
      name: 'ConfigError',
      message: /ca_file .* no certificate/,
    })
  })

  test('a key file that other users can read logs a warning', async (t) => {
    const { folder } = await opened(t, {
      files: { key: goodKey },
      options: (path) => ({ ...TOKEN, keyfile: path('key') }),
    })
    await chmod(join(folder, 'key'), 0o644)
    const { lines } = await opened(t, { options: () => ({ ...TOKEN, keyfile: join(folder, 'key') }) })
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /can be read by all users/)
  })
})

suite('APNs options', () => {
  const { options } = makeApns()
  const token = { keyfile: 'k', key_id: 'i', team_id: 't', topic: 'org.example.app' }
  const rows: [title: string, given: object, path: string | undefined, message?: RegExp][] = [
    ['a token is valid', token, undefined],
    ['a certificate is valid', { certfile: 'c' }, undefined],
    [
      'all options are valid',
      { ...token, platform: 'sandbox', push_type: 'voip', base_url: 'https://x:2197', max_connections: 2 },
      undefined,
    ],
    [
      'no options: the required keys are named',
      {},
      'keyfile',
      /set keyfile, key_id, team_id and topic, or certfile alone/,
    ],
    ['a token without team_id', { ...token, team_id: undefined }, 'team_id', /is missing/],
    ['a certificate and a token', { ...token, certfile: 'c' }, 'certfile', /together with keyfile/],
    ['an unknown platform', { ...token, platform: 'beta' }, 'platform'],
    ['an unknown push type', { ...token, push_type: 'liveactivity' }, 'push_type'],
    ['a malformed topic', { ...token, topic: 'a b\n' }, 'topic', /bundle id/],
    ['a malformed base URL', { ...token, base_url: 'api.push.apple.com' }, 'base_url', /http/],
  ]
  for (const [title, given, path, message] of rows) {
    test(title, () => {
      const result = options.safeParse(given)
      assert.equal(result.error?.issues[0]?.path.join('.'), path)
      if (message !== undefined) assert.match(result.error?.issues[0]?.message ?? '', message)
    })
  }
})

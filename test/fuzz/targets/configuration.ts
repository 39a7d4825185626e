import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseQuestion } from '../../../src/cli/server-client.ts'
import { ConfigError } from '../../../src/config/config-error.ts'
import { isOfHomeServer, loadGatewayConfig } from '../../../src/config/gateway-file.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { settings } from '../../../src/config/settings.ts'
import { readApnsCredentials } from '../../../src/gateway/apns/credentials.ts'
import { apnsOptions } from '../../../src/gateway/apns/options.ts'
import { readFcmCredentials } from '../../../src/gateway/fcm/credentials.ts'
import { fcmOptions } from '../../../src/gateway/fcm/options.ts'
import { readVapidKey, vapidSubject } from '../../../src/gateway/webpush/credentials.ts'
import { webPushOptions } from '../../../src/gateway/webpush/options.ts'
import type { Log } from '../../../src/lib/log.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../support/loopback-certificate.ts'
import { silentLog } from '../../support/log.ts'
import { fuzzTarget, throwsOnly } from '../fuzz-target.ts'
import { almost, json, near, sent, text } from '../values.ts'

const YAML = [
  'listen: 127.0.0.1:8008\nserver_name: example.org\n',
  'push:\n  allow_ip_ranges: [10.0.0.0/8]\n  badge: rooms\n',
  'a: &a [1, 2]\nb: *a\n',
  'a: &a\n  b: *a\n',
  'x: !!binary aGVsbG8=\n',
  '<<: &d {a: 1}\n',
  'gateway:\n  apps: &a\n    org.example: *a\n',
  'a: |\n  text\n---\nb: 1\n',
  "\"quoted key\": 'it''s'\n? complex\n: value\n",
  'limits:\n  read_timeout_ms: 1e3\n  body_bytes_in_flight: 0x10\n',
]
const SYGNAL = [
  'apps:\n  org.example.app:\n    type: apns\n    keyfile: k.p8\n    key_id: ABCDEFGHIJ\nhttp:\n  bind_addresses: ["127.0.0.1"]\n  port: 5000\n',
  'log:\n  access:\n    x_forwarded_for: true\nmetrics:\n  prometheus:\n    enabled: true\n    address: 127.0.0.1\n    port: 8000\nproxy: http://10.0.0.1:3128\n',
  'db:\n  name: sqlite3\n',
]
const flags = settings.flatMap(({ flag }) => (flag === undefined ? [] : [`--${flag}`]))
const variables = settings.map(({ env }) => env)
const value = near(
  '127.0.0.1:8008',
  '[::1]:0',
  'example.org:8448',
  'https://matrix.example.org',
  'true',
  '10',
  '10.0.0.0/8,::1',
  '{"a":1}',
  'sqlite:/x.db',
  'postgres://user:secret@db/belfry',
  'smtp://mail.example.org:587',
  'serve,push',
  'de',
  'nats://127.0.0.1:4222',
)
const SECRET = /secret-of-the-operator/

/** A setting must be refused without its value, which may be a password. */
function refusal<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack))
    assert.doesNotMatch(error.message, SECRET)
    return undefined
  }
}

const readFile = (content: string) => () => content

/** A credential is read from a file. */
async function withFile<T>(content: string, read: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-fuzz-'))
  try {
    const path = join(folder, 'credential')
    writeFileSync(path, content, { mode: 0o600 })
    return await read(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const log: Log = silentLog
const ACCOUNT = JSON.stringify({
  type: 'service_account',
  client_email: 'push@example.iam',
  private_key_id: 'id',
  private_key: LOOPBACK_KEY,
  token_uri: 'https://oauth2.example.org/token',
})

export const configurationTargets = [
  fuzzTarget('config-files', 'the configuration file of a server', {
    values: fc.oneof(
      near(...YAML),
      near(
        ...settings.map(({ key }) =>
          key.split('.').reduceRight((inner, name) => `{${name}: ${inner}}`, '10'),
        ),
      ),
    ),
    check: (content) =>
      refusal(() => loadConfig({ argv: ['--config', 'belfry.yaml'], env: {}, readFile: readFile(content) })),
  }),
  fuzzTarget('gateway-files', 'the file of a gateway, in the format of Sygnal', {
    values: near(...SYGNAL, ...YAML),
    check(content) {
      const sources = { argv: ['--config', 'gateway.yaml'], env: {}, readFile: readFile(content) }
      refusal(() => isOfHomeServer(sources))
      refusal(() => loadGatewayConfig(sources))
    },
  }),
  fuzzTarget('environment', 'environment variables', {
    values: fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...variables, 'HTTPS_PROXY', 'NO_PROXY') },
        { weight: 1, arbitrary: near('BELFRY_LISTEN') },
      ),
      value,
      { maxKeys: 4 },
    ),
    check: (env) => refusal(() => loadConfig({ argv: [], env })),
  }),
  fuzzTarget('flags', 'options of the command line', {
    values: fc.array(
      fc.oneof(
        fc.constantFrom(...flags),
        value,
        fc.tuple(fc.constantFrom(...flags), value).map((pair) => pair.join('=')),
      ),
      { maxLength: 5 },
    ),
    check(argv) {
      refusal(() => loadConfig({ argv, env: {}, readFile: readFile('') }))
      refusal(() => parseQuestion(argv))
    },
  }),
  fuzzTarget('secret-settings', 'no error repeats a value', {
    values: fc.tuple(fc.constantFrom(...settings), near('secret-of-the-operator')),
    check([{ env }, secret]) {
      refusal(() => loadConfig({ argv: [], env: { [env]: `${secret} secret-of-the-operator` } }))
    },
  }),
  fuzzTarget('vapid', 'VAPID keys and contacts', {
    values: fc.tuple(
      near(LOOPBACK_KEY, 'q8fKzKZ2tC0q0RzZg3vqz9bqfWYBvGUqn9Kq2VpVJvw', LOOPBACK_CERTIFICATE),
      near('mailto:ada@example.org', 'https://example.org/contact', 'ada@example.org'),
    ),
    check([key, contact]) {
      const read = throwsOnly(TypeError, () => readVapidKey(key))
      if (read !== undefined) assert.equal(Buffer.from(read.publicKey, 'base64url').length, 65)
      const subject = vapidSubject(contact)
      if (subject !== undefined) assert.match(subject, /^(?:mailto:|https:)/)
    },
  }),
  fuzzTarget('apns-credentials', 'keys and certificates of Apple', {
    values: fc.tuple(
      near(LOOPBACK_KEY, LOOPBACK_CERTIFICATE + LOOPBACK_KEY),
      near('ABCDEFGHIJ'),
      fc.boolean(),
    ),
    check: ([content, id, isCertificate]) =>
      withFile(content, async (path) => {
        const options = isCertificate ? { certfile: path } : { keyfile: path, key_id: id, team_id: id }
        const read = await readApnsCredentials(options as never, { appId: 'app', log, now: Date.now() })
        assert.ok(read.credentials !== undefined || read.faults.length > 0)
        assert.ok(read.faults.every((fault) => !fault.includes('PRIVATE KEY-')))
      }),
  }),
  fuzzTarget('fcm-credentials', 'key files of service accounts of Google', {
    values: near(ACCOUNT),
    check: (content) =>
      withFile(content, async (path) => {
        const read = await readFcmCredentials({ project_id: 'p', service_account_file: path } as never, {
          appId: 'app',
          log,
        })
        assert.ok(read.credentials !== undefined || read.faults.length > 0)
      }),
  }),
  fuzzTarget('app-options', 'settings of the apps of the gateway', {
    values: almost({
      keyfile: text,
      key_id: near('ABCDEFGHIJ'),
      team_id: near('ABCDEFGHIJ'),
      certfile: text,
      topic: near('org.example.app'),
      platform: near('production', 'sandbox'),
      base_url: near('https://api.push.example.org'),
      push_type: near('alert'),
      project_id: text,
      service_account_file: text,
      fcm_options: json,
      vapid_private_key: text,
      vapid_contact_email: near('ada@example.org'),
      allowed_endpoints: fc.array(near('*.push.example.org')),
      max_connections: fc.integer(),
    }),
    check(given) {
      for (const options of [apnsOptions, fcmOptions, webPushOptions]) {
        const read = options.safeParse(sent(given))
        assert.ok(read.success || read.error.issues.length > 0)
      }
    },
  }),
]

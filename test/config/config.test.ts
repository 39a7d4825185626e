import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { flagHelp } from '../../src/config/help.ts'
import { loadCommandLine, loadConfig } from '../../src/config/load.ts'
import { configurationReference } from '../../src/config/print-reference.ts'
import { settings } from '../../src/config/settings.ts'

type Sources = { argv?: string[]; env?: Record<string, string>; file?: string }

function load({ argv = [], env = {}, file }: Sources) {
  const readFile = (path: string) => {
    if (file !== undefined && path === 'belfry.yaml') return file
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  }
  return loadConfig({ argv: file === undefined ? argv : ['--config', 'belfry.yaml', ...argv], env, readFile })
}

function refusal(sources: Sources): string {
  try {
    load(sources)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.doesNotMatch(error.message, /\n/)
    return error.message
  }
  return 'accepted'
}

test('has the defaults without any source', () => {
  const config = load({})
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8008 })
  assert.deepEqual(config.database, { kind: 'sqlite', path: 'data/belfry.db' })
  assert.equal(config.server_name, undefined, 'the name is stored in the database')
  assert.equal(config.open_registration, false)
  assert.deepEqual(config.push.allow_ip_ranges, [])
  assert.equal(config.limits.body_bytes, 65_536)
})

test('reads every flag', () => {
  const config = load({
    argv: [
      '--listen',
      '[::1]:0',
      '--data=/var/lib/b',
      '--server-name',
      'example.org',
      '--open-registration',
    ].concat(
      [
        '--allow-push-to',
        '10.0.0.0/8',
        '--allow-push-to',
        '::1',
        '--extra-ca',
        'ca.pem',
        '--log-level',
        'debug',
      ],
      ['--database', 'postgres://b@db/belfry'],
    ),
  })
  assert.deepEqual(config.listen, { host: '::1', port: 0 })
  assert.deepEqual(config.database, { kind: 'postgres', url: 'postgres://b@db/belfry' })
  assert.deepEqual(
    [config.data, config.server_name, config.log_level],
    ['/var/lib/b', 'example.org', 'debug'],
  )
  assert.equal(config.open_registration, true)
  assert.deepEqual(config.push.allow_ip_ranges, ['10.0.0.0/8', '::1/128'])
  assert.equal(config.push.extra_ca, 'ca.pem')
})

test('the database is in the data directory unless the setting names another', () => {
  assert.deepEqual(load({ argv: ['--data', '/d'] }).database, { kind: 'sqlite', path: '/d/belfry.db' })
  assert.deepEqual(load({ argv: ['--database', 'sqlite:/x.db'] }).database, { kind: 'sqlite', path: '/x.db' })
})

test('flags win over environment, and environment over file', () => {
  const file = 'data: from-file\nserver_name: file.example\nlog_level: warn\npush:\n  concurrency: 7\n'
  const env = {
    BELFRY_DATA: 'from-env',
    BELFRY_SERVER_NAME: 'env.example',
    BELFRY_PUSH_ALLOW_IP_RANGES: '10.0.0.0/8, 192.0.2.1',
  }
  const config = load({ file, env, argv: ['--data', 'from-flag'] })
  assert.deepEqual([config.data, config.server_name, config.log_level], ['from-flag', 'env.example', 'warn'])
  assert.equal(config.push.concurrency, 7)
  assert.deepEqual(config.push.allow_ip_ranges, ['10.0.0.0/8', '192.0.2.1/32'])
})

test('a room version is read from YAML with and without quotes', () => {
  for (const text of ['12', '"12"'])
    assert.equal(load({ file: `rooms: { default_version: ${text} }` }).rooms.default_version, '12')
  assert.match(refusal({ file: 'rooms: { default_version: 9 }' }), /^bad value for "rooms.default_version"/)
})

test('every setting can be set by its environment variable', () => {
  const values: Record<string, string> = {
    listen: '0.0.0.0:1',
    server_name: 'a.b',
    database: 'sqlite:x',
    database_shards: '16',
    log_level: 'warn',
    language: 'de-AT',
    public_url: 'https://a.b/',
    'push.allow_ip_ranges': '10.0.0.0/8',
    'push.badge': 'messages',
    'push.proxy': 'none',
    'rooms.default_version': '12',
    'metrics.listen': '127.0.0.1:9100',
    'email.smtp': 'smtps://mail.a.b',
    'email.from': 'A <a@a.b>',
    'email.password_file': '',
    'email.tls': 'required',
    'email.timeout_s': '30',
    'email.connections': '2',
    'email.client_url': 'https://app.a.b/#/',
    'media.s3_endpoint': 'https://s3.a.b',
    'media.thumbnail_processes': '2',
    'media.s3_secret_key_file': '',
    'registration.shared_secret_file': '',
    'gateway.retry_hours': '48',
    'cluster.bus': 'local',
    'cluster.nats_user': '',
    'cluster.nats_password_file': '',
    'cluster.nats_token_file': '',
    'cluster.nats_creds_file': '',
    'cluster.nats_ca': '',
    'gateway.proxy': 'http://ann:secret@proxy.a.b:3128',
  }
  const kinds = { text: 'some', number: '1024', boolean: 'true', list: '', json: '{"a":{"type":"inbox"}}' }
  const env = Object.fromEntries(
    settings.map(({ env: name, key, kind }) => [name, values[key] ?? kinds[kind]]),
  )
  const config = load({ env })
  assert.equal(config.public_url, 'https://a.b')
  assert.equal(config.limits.sync_timeout_max_ms, 1024)
  assert.equal(config.trust_proxy, true)
  assert.equal(config.language, 'de')
  assert.deepEqual(config.gateway.apps, { a: { type: 'inbox' } })
})

test('default timeouts are shorter than the timeout of a reverse proxy', () => {
  const { limits, email } = load({ env: {} })
  const proxyMs = 60_000
  assert.ok(limits.sync_timeout_max_ms <= proxyMs - 10_000, `a long poll: ${limits.sync_timeout_max_ms}`)
  assert.ok(email.timeout_s * 1000 <= proxyMs - 10_000, `a request that sends a mail: ${email.timeout_s} s`)
})

test('refuses mail settings without a sender or a public URL, and a password without TLS', () => {
  const email = { smtp: 'smtp://mail.example.org', from: 'Bell <Bell@Example.org>' }
  const whole = { public_url: 'https://a.b', email }
  const given = (more: object, of: object = whole) => JSON.stringify({ ...of, email: { ...email, ...more } })
  const { smtp, from } = load({ file: given({}) }).email
  assert.deepEqual(smtp, { host: 'mail.example.org', port: 587, isSecure: false })
  assert.deepEqual(from, { name: 'Bell', address: 'bell@example.org' })
  assert.deepEqual(load({ file: given({ smtp: 'smtps://[::1]' }) }).email.smtp, {
    host: '::1',
    port: 465,
    isSecure: true,
  })
  for (const [file, message] of [
    [given({}, {}), /^"email.smtp" needs "public_url"/],
    [given({ from: null }), /expected string/],
    [JSON.stringify({ ...whole, email: { smtp: email.smtp } }), /^"email.smtp" needs "email.from"/],
    [given({ user: 'u' }), /^"email.smtp" needs "email.password"/],
    [given({ password: 'p' }), /^"email.smtp" needs "email.user"/],
    [given({ user: 'u', password: 'p', password_file: 'f' }), /remove one$/],
    [given({ user: 'u', password: 'p', tls: 'off' }), /^bad value for "email.tls"/],
    [given({ smtp: 'mail.example.org' }), /^bad value for "email.smtp"/],
    [
      given({ smtp: 'smtp://u:geheim@mail.example.org' }),
      /^bad value for "email.smtp".*use email.user and email.password/,
    ],
    [given({ smtp: 'http://mail.example.org' }), /^bad value for "email.smtp"/],
    [given({ from: 'a@b.c, d@e.f' }), /^bad value for "email.from"/],
    [given({ from: 'A\nBcc: x@y.z <a@b.c>' }), /^bad value for "email.from"/],
    [given({ client_url: 'javascript:alert(1)' }), /^bad value for "email.client_url"/],
  ] as const) {
    const text = refusal({ file })
    assert.match(text, message)
    assert.doesNotMatch(text, /geheim/)
  }
})

test('reads the servers of NATS, and refuses settings of the bus that do not fit together', () => {
  const given = (cluster: object, database = 'postgres://belfry@db/belfry') =>
    JSON.stringify({ database, cluster })
  assert.deepEqual(load({ file: given({ bus: 'nats://one,two:4333' }) }).cluster.bus, {
    kind: 'nats',
    servers: ['one:4222', 'two:4333'],
    isSecure: false,
  })
  assert.deepEqual(load({ file: given({ bus: 'tls://[::1]:1, tls://two', nats_ca: 'f' }) }).cluster.bus, {
    kind: 'nats',
    servers: ['[::1]:1', 'two:4222'],
    isSecure: true,
  })
  const bus = 'nats://one'
  for (const [file, message] of [
    [given({ bus: 'nats://u:geheim@one' }), /^bad value for "cluster.bus".*use cluster.nats_user/],
    [given({ bus: 'redis://one' }), /^bad value for "cluster.bus".*expected local, postgres, nats:/],
    [given({ bus: 'nats://one,tls://two' }), /^bad value for "cluster.bus"/],
    [given({ bus: 'nats://one/path' }), /^bad value for "cluster.bus"/],
    [given({ bus: 'postgres' }, 'sqlite:x.db'), /^bad value for "cluster.bus".*SQLite.*expected local/],
    [given({ nats_token_file: 'f' }), /^"cluster.nats_token_file" needs "cluster.bus" with nats/],
    [given({ bus, nats_user: 'u' }), /"cluster.nats_password_file" need each other$/],
    [given({ bus, nats_token_file: 'f', nats_creds_file: 'g' }), /remove one$/],
    [given({ bus, nats_ca: 'f' }), /^"cluster.nats_ca" needs "cluster.bus" with tls/],
    [given({ name: 'a.b' }), /^bad value for "cluster.name"/],
  ] as const) {
    const text = refusal({ file })
    assert.match(text, message)
    assert.doesNotMatch(text, /geheim/)
  }
})

test('reports an unknown key with its source', () => {
  assert.equal(refusal({ argv: ['--lisen', 'x'] }), 'unknown flag --lisen')
  assert.equal(refusal({ argv: ['--no-such-flag'] }), 'unknown flag --no-such-flag')
  assert.equal(refusal({ env: { BELFRY_LISTN: 'x' } }), 'unknown environment variable BELFRY_LISTN')
  assert.equal(refusal({ file: 'listn: x' }), 'unknown key "listn" (from belfry.yaml)')
  assert.match(
    refusal({ file: 'push: {extra-ca: x}' }),
    /^unknown key "push\.extra-ca" \(from belfry\.yaml\); did you mean "push\.extra_ca"\?$/,
  )
  assert.match(refusal({ file: 'max_pushers_per_user: 3' }), /did you mean "push\.max_pushers_per_user"/)
  assert.match(refusal({ file: '__proto__: {listen: x}' }), /^unknown key "__proto__"/)
})

test('reports a bad value with its key and source', () => {
  for (const [sources, message] of [
    [{ argv: ['--listen', '8008'] }, /^bad value for "listen" \(from --listen\): expected HOST:PORT/],
    [{ argv: ['--listen', 'h:70000'] }, /^bad value for "listen"/],
    [
      { env: { BELFRY_LOG_LEVEL: 'loud' } },
      /^bad value for "log_level" \(from BELFRY_LOG_LEVEL\): expected one of/,
    ],
    [
      { env: { BELFRY_TRUST_PROXY: 'maybe' } },
      /^bad value for "trust_proxy" \(from BELFRY_TRUST_PROXY\): expected boolean/,
    ],
    [
      { file: 'push: {concurrency: many}' },
      /^bad value for "push\.concurrency" \(from belfry\.yaml\): expected/,
    ],
    [{ file: 'push: {concurrency: 0}' }, /^bad value for "push\.concurrency"/],
    [{ file: 'push: yes' }, /^bad value for "push" \(from belfry\.yaml\): expected object/],
    [
      { file: 'push: {allow_ip_ranges: [10.0.0.0/8, nonsense]}' },
      /^bad value for "push\.allow_ip_ranges\.1" \(from belfry\.yaml\): expected an IP range/,
    ],
    [
      { argv: ['--server-name', 'https://x'] },
      /^bad value for "server_name" \(from --server-name\): expected a domain/,
    ],
    [{ env: { BELFRY_PUBLIC_URL: 'ftp://x' } }, /^bad value for "public_url" \(from BELFRY_PUBLIC_URL\)/],
  ] as [Sources, RegExp][])
    assert.match(refusal(sources), message)
})

test('never repeats the password of a database URL', () => {
  assert.doesNotMatch(refusal({ argv: ['--database', 'mysql://u:hunter2@h/d'] }), /hunter2/)
})

test('refuses flags without a value, switches with a value, and extra arguments', () => {
  assert.equal(refusal({ argv: ['--listen'] }), '--listen needs a value')
  assert.equal(refusal({ argv: ['--listen', '--data', 'x'] }), '--listen needs a value')
  assert.equal(refusal({ argv: ['--open-registration=1'] }), '--open-registration takes no value')
  assert.equal(refusal({ argv: ['stray'] }), 'unexpected argument "stray"')
  assert.equal(
    refusal({ argv: ['--config', 'absent.yaml'] }),
    'the configuration file absent.yaml: there is no such file',
  )
})

test('refuses a file that is not YAML or not a mapping with its line, and accepts an empty file', () => {
  assert.match(refusal({ file: 'listen: 127.0.0.1:0\npush: [1,\n' }), /^belfry\.yaml, line \d+: /)
  assert.match(refusal({ file: 'data: *folder\n' }), /^belfry\.yaml: Unresolved alias .*folder/)
  assert.match(refusal({ file: '- 1' }), /^belfry\.yaml: expected keys and values/)
  assert.equal(load({ file: '# nothing yet\npush:\n' }).log_level, 'info')
})

test('ignores the variables of a Kubernetes service called belfry', () => {
  const env = {
    BELFRY_PORT: 'tcp://10.0.0.1:8008',
    BELFRY_SERVICE_HOST: '10.0.0.1',
    BELFRY_PORT_8008_TCP_ADDR: '10.0.0.1',
  }
  assert.equal(load({ env }).listen.port, 8008)
})

test('returns the switches and arguments of a command', () => {
  const line = loadCommandLine({ argv: ['--data', 'x', 'alice', '--admin'], env: {}, switches: ['admin'] })
  assert.deepEqual([line.positionals, [...line.switches], line.config.data], [['alice'], ['admin'], 'x'])
})

test('docs/configuration.md matches the schema (npm run docs:config)', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  assert.equal(page, configurationReference())
})

test('--help lists every flag', () => {
  for (const { flag } of settings)
    if (flag !== undefined) assert.match(flagHelp(), new RegExp(`^ {2}--${flag}\\b`, 'm'))
})

test('an S3 store needs its bucket and one secret key', () => {
  const start = 'media: { s3_endpoint: "https://s3.a.b/"'
  const whole = `${start}, s3_bucket: media, s3_access_key: a, s3_secret_key: b`
  assert.equal(load({ file: `${whole} }` }).media.s3_endpoint, 'https://s3.a.b')
  assert.match(refusal({ file: `${start} }` }), /"media.s3_endpoint" needs "media.s3_bucket"/)
  assert.match(
    refusal({ file: `${start}, s3_bucket: media, s3_access_key: a }` }),
    /needs "media.s3_secret_key"/,
  )
  assert.match(refusal({ file: `${whole}, s3_secret_key_file: f }` }), /exclude each other/)
  assert.match(refusal({ file: 'media: { s3_endpoint: "https://s3.a.b/path" }' }), /without a path/)
})

test('the roles of a process are a list, with commas or as items, in a fixed order', () => {
  const postgres = { BELFRY_DATABASE: 'postgres://db/belfry' }
  const all = ['http', 'delivery', 'gateway', 'sweep']
  assert.deepEqual(load({}).roles, all)
  assert.deepEqual(load({ argv: ['--roles', 'sweep, delivery'], env: postgres }).roles, ['delivery', 'sweep'])
  assert.deepEqual(load({ file: 'roles: [http]', env: postgres }).roles, ['http'])
  assert.deepEqual(load({ env: { BELFRY_ROLES: 'http,gateway,http', ...postgres } }).roles, [
    'http',
    'gateway',
  ])
  assert.deepEqual(load({ argv: ['--roles', all.join()] }).roles, all, 'also on SQLite')
})

test('refuses roles that cannot work', () => {
  const postgres = { BELFRY_DATABASE: 'postgres://db/belfry' }
  const expected = 'expected one or more of http, delivery, gateway, sweep'
  assert.equal(
    refusal({ argv: ['--roles', 'http,push'], env: postgres }),
    `bad value for "roles" (from --roles): ${expected}`,
  )
  assert.equal(
    refusal({ file: 'roles: []', env: postgres }),
    `bad value for "roles" (from belfry.yaml): ${expected}`,
  )
  assert.match(
    refusal({ argv: ['--roles', 'http'] }),
    /^bad value for "roles" \(http\): one process serves a SQLite/,
  )
  assert.match(
    refusal({ argv: ['--roles', 'http'], env: { ...postgres, BELFRY_CLUSTER_BUS: 'local' } }),
    /^bad value for "roles" \(http\): with "cluster.bus" local .* would not be woken/,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOfHomeServer, loadGatewayConfig } from '../../src/config/gateway-file.ts'

const load = (text: string, given: { argv?: string[]; env?: Record<string, string> } = {}) =>
  loadGatewayConfig({
    argv: ['--config', 'x.yaml', ...(given.argv ?? [])],
    env: given.env ?? {},
    readFile: () => text,
  })
const refusal = (text: string, argv: string[] = []) => {
  try {
    load(text, { argv })
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

// The sample configuration of Sygnal, shortened.
const SYGNAL = `
log:
  setup: {version: 1}
  access: {x_forwarded_for: true}
http:
  bind_addresses: ['0.0.0.0']
  port: 5001
metrics:
  prometheus: {enabled: true, address: '', port: 8100}
  opentracing: {enabled: false, service_name: sygnal}
  sentry: {enabled: true, dsn: x}
apps:
  com.example.ios: {type: apns}
`

test('reads an unchanged Sygnal file and warns of obsolete keys', () => {
  const { config, apps, metricsAt, warnings } = load(SYGNAL)
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 5001 })
  assert.equal(config.trust_proxy, true)
  assert.deepEqual(config.database, { kind: 'sqlite', path: 'data/gateway.db' })
  assert.deepEqual(apps, { 'com.example.ios': { type: 'apns' } })
  assert.deepEqual(metricsAt, { host: '0.0.0.0', port: 8100 })
  assert.deepEqual(
    warnings.map((text) => /"([a-z.]+)"/.exec(text)?.[1]),
    ['log.setup', 'metrics.sentry'],
  )
})

test('listens on the default address of Sygnal, and flags win over environment over file', () => {
  const at = (text: string, given = {}) => load(text, given).config.listen
  assert.deepEqual(at('apps: {}'), { host: '127.0.0.1', port: 5000 })
  assert.deepEqual(at('http: {bind_addresses: ["::1"]}'), { host: '::1', port: 5000 })
  assert.deepEqual(at('listen: 127.0.0.2:1\nhttp: {port: 2}'), { host: '127.0.0.2', port: 1 })
  const env = { BELFRY_LISTEN: '127.0.0.3:3' }
  assert.deepEqual(at(SYGNAL, { env }), { host: '127.0.0.3', port: 3 })
  assert.deepEqual(at(SYGNAL, { env, argv: ['--listen', '127.0.0.4:4'] }), { host: '127.0.0.4', port: 4 })
})

test('accepts the keys of Belfry, and ignores unknown keys with a warning', () => {
  const { config, warnings } = load(`
data: /var/lib/gw
gateway: {retry_hours: 2}
database: {name: psycopg2, args: {}}
colour: red
`)
  assert.equal(config.gateway.retry_hours, 2)
  assert.deepEqual(config.database, { kind: 'sqlite', path: '/var/lib/gw/gateway.db' })
  assert.equal(warnings.length, 2)
  assert.match(warnings.join(), /unknown key "colour"/)
  const other = load('database: sqlite:here.db', {})
  assert.deepEqual(other.config.database, { kind: 'sqlite', path: 'here.db' })
})

test('refuses an unsupported setting with its key and without its value', () => {
  for (const [text, says] of [
    ['http: {bind_addresses: [127.0.0.1, "::1"]}', /"http.bind_addresses": expected one address/],
    ['http: {port: secret}', /"http.port": expected number/],
    ['metrics: {prometheus: {enabled: secret}}', /"metrics.prometheus.enabled": expected boolean/],
    ['gateway: {retry_hours: 0}', /"gateway.retry_hours"/],
    ['gateway: {retry_hourz: 1}', /unknown key "gateway.retry_hourz"/],
    ['[1, 2]', /expected keys and values/],
    ['a: [', /x.yaml, line 1/],
  ] as const) {
    const message = refusal(text)
    assert.match(String(message), says, text)
    assert.ok(!String(message).includes('secret'), message ?? text)
  }
  assert.match(String(refusal('apps: {}', ['--server-name', 'a.b'])), /unknown flag --server-name/)
  assert.match(String(refusal('apps: {}', ['extra'])), /unexpected argument "extra"/)
  assert.throws(() => loadGatewayConfig({ argv: [], env: {} }), /--config FILE is missing/)
})

test('tells the configuration of a home server on PostgreSQL from that of a gateway that runs alone', () => {
  const postgres = 'postgres://db/belfry'
  const isServer = (file: string, env: Record<string, string> = {}) =>
    isOfHomeServer({ argv: ['--config', 'belfry.yaml'], env, readFile: () => file })
  assert.equal(isServer(`database: ${postgres}\ngateway: {apps: {}}`), true)
  assert.equal(isServer('server_name: example.org', { BELFRY_DATABASE: postgres }), true)
  assert.equal(isOfHomeServer({ argv: ['--database', postgres], env: {} }), true, 'without a file')
  assert.equal(isServer(`apps: {}\ndatabase: ${postgres}`), false)
  assert.equal(isServer('server_name: example.org'), false, 'on SQLite a process has all roles')
  assert.equal(isOfHomeServer({ argv: [], env: {} }), false)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { COMMANDS } from '../../src/cli/commands.ts'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ROLES } from '../../src/config/roles.ts'
import { containerRuntime } from '../support/container-runtime.ts'

// The files for containers, mostly checked without a container runtime.

const FOLDER = new URL('../../deploy/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')

type Service = {
  command?: string[]
  image?: string
  environment?: Record<string, string>
  volumes?: string[]
  depends_on?: string[] | Record<string, unknown>
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

/** The keys in these files of the Compose specification. A wrong name would be ignored or refused only at the start. */
const TOP_KEYS = new Set(['name', 'services', 'volumes'])
const SERVICE_KEYS = new Set(
  `image build command environment init read_only tmpfs cap_drop security_opt restart stop_grace_period volumes depends_on ports
  healthcheck`.split(/\s+/),
)

/** The values of `.env`. */
const VALUES: Record<string, string> = {
  SERVER_NAME: 'example.org',
  MATRIX_HOST: 'matrix.example.org',
  GATEWAY_HOST: 'push.example.org',
  POSTGRES_PASSWORD: 'abc123',
}

/** As Compose replaces `${NAME:?text}`. */
function readCompose(file: string): Compose {
  const text = read(file).replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => {
    assert.ok(name in VALUES, `${name} is in example.env`)
    return VALUES[name] ?? ''
  })
  return parse(text, { merge: true }) as Compose
}

const ofBelfry = ({ services }: Compose) =>
  Object.entries(services).filter(([, { image }]) => image === 'belfry')
const commandsOf = (compose: Compose, name: string) =>
  ofBelfry(compose).filter(([, { command }]) => command?.[0] === name)

const single = readCompose('compose.yaml')
const cluster = readCompose('compose.cluster.yaml')
const FILES = [
  { file: 'compose.yaml', compose: single, database: 'sqlite' },
  { file: 'compose.cluster.yaml', compose: cluster, database: 'postgres' },
] as const

for (const { file, compose, database } of FILES)
  describe(`deploy/${file}`, () => {
    const { services } = compose

    for (const [name, service] of ofBelfry(compose)) {
      const { command = [], environment = {} } = service
      test(`Belfry accepts the command line and the settings of ${name}`, () => {
        const [words = '', ...argv] = command
        assert.ok(words in COMMANDS, `belfry ${words} is a command`)
        const variables = Object.keys(environment)
        assert.ok(variables.length > 0)
        for (const variable of variables) assert.match(variable, /^BELFRY_/)
        // An unknown variable, or a bad value, throws.
        const config =
          words === 'gateway'
            ? loadGatewayConfig({ argv, env: environment, readFile: () => read('gateway.yaml') }).config
            : loadConfig({ argv, env: environment })
        assert.equal(config.database.kind, database)
        assert.equal(config.listen.port, 8008)
        assert.equal(config.trust_proxy, true)
      })

      test(`${name} has a read-only root and no capability`, () => {
        assert.equal(service.read_only, true)
        assert.deepEqual(service.cap_drop, ['ALL'])
        assert.deepEqual(service.security_opt, ['no-new-privileges:true'])
      })
    }

    test('names only volumes, files and services that exist', () => {
      for (const [name, { volumes = [], depends_on: needed = [] }] of Object.entries(services)) {
        for (const volume of volumes) {
          const [source = ''] = volume.split(':')
          if (source.startsWith('./')) assert.ok(existsSync(new URL(source, FOLDER)), `${name}: ${source}`)
          else assert.ok(source in compose.volumes, `${name}: ${source}`)
        }
        for (const other of Array.isArray(needed) ? needed : Object.keys(needed))
          assert.ok(other in services, `${name}: ${other}`)
      }
    })

    test('has only keys that Compose knows', () => {
      for (const key of Object.keys(compose)) assert.ok(TOP_KEYS.has(key) || key.startsWith('x-'), key)
      for (const [name, service] of Object.entries(services))
        for (const key of Object.keys(service)) assert.ok(SERVICE_KEYS.has(key), `${name}: ${key}`)
    })

    const runtime = containerRuntime()
    test('is accepted by a container runtime', { skip: runtime.skip }, () => {
      const args = ['compose', '-f', new URL(file, FOLDER).pathname, 'config', '--quiet']
      const { status, stderr } = spawnSync(runtime.name, args, {
        env: { ...process.env, ...VALUES },
        encoding: 'utf8',
      })
      assert.equal(status, 0, stderr)
    })
  })

test('deploy/compose.yaml has one server behind Caddy', () => {
  assert.deepEqual(Object.keys(single.services), ['belfry', 'proxy'])
  const { MATRIX_HOST: host, BELFRY_UPSTREAM: upstream } = single.services['proxy']?.environment ?? {}
  assert.deepEqual([host, upstream], ['matrix.example.org', 'belfry:8008'])
})

describe('deploy/compose.cluster.yaml', () => {
  const parts = ['serve', 'worker'].flatMap((name) => commandsOf(cluster, name))

  test('has two servers, two workers, a gateway, PostgreSQL, NATS and a load balancer', () => {
    const counts = ['serve', 'worker', 'gateway'].map((name) => commandsOf(cluster, name).length)
    assert.deepEqual(counts, [2, 2, 1])
    assert.equal(ofBelfry(cluster).length, 5)
    for (const name of ['postgres', 'nats', 'balancer']) assert.ok(cluster.services[name], name)
  })

  test('all processes of the home server have the same settings, and together all roles', () => {
    const [first, ...others] = parts
    for (const [name, { environment }] of others) assert.deepEqual(environment, first?.[1].environment, name)
    const roles = parts.flatMap(
      ([, { command = [], environment = {} }]) =>
        loadConfig({ argv: command.slice(1), env: environment }).roles,
    )
    assert.deepEqual(
      ROLES.filter((role) => !roles.includes(role)),
      [],
    )
  })
})

test('deploy/example.env names each value that is needed', () => {
  const named = [...read('example.env').matchAll(/^(\w+)=/gm)].map(([, name = '']) => name)
  assert.deepEqual(named.toSorted(), Object.keys(VALUES).toSorted())
})

describe('deploy/Caddyfile.cluster', () => {
  test('sends requests to each server of compose.cluster.yaml', () => {
    const upstreams = [...read('Caddyfile.cluster').matchAll(/([\w-]+):8008/g)].map(([, name = '']) => name)
    const expected = [...commandsOf(cluster, 'serve'), ...commandsOf(cluster, 'gateway')].map(
      ([name]) => name,
    )
    assert.deepEqual(upstreams.toSorted(), expected.toSorted())
  })

  const skip = spawnSync('caddy', ['version']).status !== 0 && 'caddy is not installed (Debian package caddy)'
  test('is valid', { skip }, () => {
    const { status, stderr } = spawnSync(
      'caddy',
      ['validate', '--adapter', 'caddyfile', '--config', new URL('Caddyfile.cluster', FOLDER).pathname],
      { env: { ...process.env, ...VALUES }, encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { COMMANDS } from '../../src/cli/commands.ts'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ROLES } from '../../src/config/roles.ts'

// Checks the files for containers without a container runtime.

const FOLDER = new URL('../../deploy/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')

type Service = {
  command?: string[]
  image?: string
  environment?: Record<string, string>
  volumes?: string[]
  depends_on?: string[] | Record<string, unknown>
  read_only?: boolean
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

/** The values of `.env`. */
const VALUES: Record<string, string> = {
  SERVER_NAME: 'example.org',
  MATRIX_HOST: 'matrix.example.org',
  GATEWAY_HOST: 'push.example.org',
  POSTGRES_PASSWORD: 'abc123',
}

/** As Compose replaces `${NAME:?text}`. */
const compose = parse(
  read('compose.yaml').replaceAll(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => {
    assert.ok(name in VALUES, `${name} is in example.env`)
    return VALUES[name] ?? ''
  }),
  { merge: true },
) as Compose
const { services } = compose
const ofBelfry = Object.entries(services).filter(([, { image }]) => image === 'belfry')
const commandsOf = (name: string) => ofBelfry.filter(([, { command }]) => command?.[0] === name)

describe('deploy/compose.yaml', () => {
  test('has two servers, two workers, a gateway, PostgreSQL, NATS and a load balancer', () => {
    assert.deepEqual(
      ['serve', 'worker', 'gateway'].map((name) => commandsOf(name).length),
      [2, 2, 1],
    )
    assert.equal(ofBelfry.length, 5)
    for (const name of ['postgres', 'nats', 'balancer']) assert.ok(services[name], name)
    for (const [name, { read_only: isReadOnly }] of ofBelfry) assert.equal(isReadOnly, true, name)
  })

  for (const [name, { command = [], environment = {} }] of ofBelfry)
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
      assert.equal(config.database.kind, 'postgres')
      assert.equal(config.listen.port, 8008)
    })

  test('all processes of the home server have the same settings, and together all roles', () => {
    const [first, ...others] = [...commandsOf('serve'), ...commandsOf('worker')]
    for (const [name, { environment }] of others) assert.deepEqual(environment, first?.[1].environment, name)
    const roles = [...commandsOf('serve'), ...commandsOf('worker')].flatMap(
      ([, { command = [], environment = {} }]) =>
        loadConfig({ argv: command.slice(1), env: environment }).roles,
    )
    assert.deepEqual(
      ROLES.filter((role) => !roles.includes(role)),
      [],
    )
  })

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

  test('example.env names each value that is needed', () => {
    const named = [...read('example.env').matchAll(/^(\w+)=/gm)].map(([, name = '']) => name)
    assert.deepEqual(named.toSorted(), Object.keys(VALUES).toSorted())
  })
})

describe('deploy/Caddyfile', () => {
  test('sends requests to each server of compose.yaml', () => {
    const upstreams = [...read('Caddyfile').matchAll(/([\w-]+):8008/g)].map(([, name = '']) => name)
    const expected = [...commandsOf('serve'), ...commandsOf('gateway')].map(([name]) => name)
    assert.deepEqual(upstreams.toSorted(), expected.toSorted())
  })

  const skip = spawnSync('caddy', ['version']).status !== 0 && 'caddy is not installed (Debian package caddy)'
  test('is valid', { skip }, () => {
    const { status, stderr } = spawnSync(
      'caddy',
      ['validate', '--adapter', 'caddyfile', '--config', new URL('Caddyfile', FOLDER).pathname],
      { env: { ...process.env, ...VALUES }, encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
  })
})

describe('deploy/Dockerfile', () => {
  const lines = read('Dockerfile')
  test('copies what exists, and runs Belfry as an unprivileged user', () => {
    const root = new URL('../', FOLDER)
    const copied = [...lines.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    )
    assert.deepEqual(copied.toSorted(), ['bin', 'package-lock.json', 'package.json', 'src'])
    const sent = read('Dockerfile.dockerignore')
    for (const name of copied) {
      assert.ok(existsSync(new URL(name, root)), name)
      assert.match(sent, new RegExp(`^!${name.replaceAll('.', '\\.')}$`, 'm'))
    }
    assert.match(lines, /^USER belfry$/m)
    const [, entry = ''] = /^ENTRYPOINT (.*)$/m.exec(lines) ?? []
    assert.deepEqual(JSON.parse(entry), ['node', '/app/bin/belfry'])
    const [, command = ''] = /^CMD (\[.*)$/m.exec(lines) ?? []
    const [words = '', ...argv] = JSON.parse(command) as string[]
    assert.ok(words in COMMANDS)
    assert.equal(loadConfig({ argv, env: {} }).listen.port, 8008)
  })
})

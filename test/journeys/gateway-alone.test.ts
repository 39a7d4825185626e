import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { shortHash } from '../../src/lib/short-hash.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { launchBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'

const NOTIFY = '/_matrix/push/v1/notify'

/** A UnifiedPush server that accepts messages, or responds as set by the test. 0: no response. */
async function startPushServer(t: TestContext) {
  const state = { status: 201, calls: 0, delivered: [] as string[] }
  const server = createServer((incoming, response) => {
    state.calls++
    incoming.resume()
    incoming.on('end', () => {
      if (state.status === 0) return
      if (state.status < 300) state.delivered.push(incoming.url ?? '')
      response.writeHead(state.status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => {
    server.close()
    server.closeAllConnections()
  })
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

type Options = { apps?: string; more?: string; onErrorLine?: (line: string) => void }

function fixture(t: TestContext) {
  const folder = newDataFolder(t, 'gateway.db')
  const file = join(folder, 'gateway.yaml')
  const configure = ({ apps = 'up: {type: unifiedpush}', more = '' }: Options = {}) =>
    writeFileSync(file, `http: {port: 0}\nrate_limits: {enabled: false}\n${more}\napps: {${apps}}\n`)
  const start = async (options: Options = {}) => {
    configure(options)
    const args = [
      'gateway',
      '--config',
      file,
      '--data',
      folder,
      '--log-level',
      'error',
      '--allow-push-to',
      '127.0.0.1',
    ]
    const launched = launchBelfry(args, { onErrorLine: options.onErrorLine })
    afterTest(t, () => launched.end('SIGKILL'))
    return { ...launched, url: await launched.ready }
  }
  return { start, configure, file }
}

async function notify(gateway: string, device: { app_id?: string; pushkey: string }, eventId: string) {
  const devices = [{ app_id: 'up', ...device }]
  const body = JSON.stringify({ notification: { event_id: eventId, room_id: '!r', devices } })
  const response = await fetch(gateway + NOTIFY, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as unknown }
}

describe('belfry gateway', () => {
  test('after SIGKILL between the 200 and the delivery, the next process sends the message once', async (t) => {
    const push = await startPushServer(t)
    push.state.status = 503
    const { start } = fixture(t)
    const first = await start()
    const results = await Promise.all(
      ['/a', '/b', '/c'].map((path) => notify(first.url, { pushkey: push.url + path }, '$event')),
    )
    for (const result of results) assert.deepEqual(result, { status: 200, body: { rejected: [] } })
    await first.end('SIGKILL')
    push.state.status = 201
    const second = await start()
    await eventually(() => push.state.delivered.length === 3)
    // A repeated notification is recognised and not sent twice.
    await notify(second.url, { pushkey: `${push.url}/a` }, '$event')
    await notify(second.url, { pushkey: `${push.url}/last` }, '$event')
    assert.deepEqual(push.state.delivered.toSorted(), ['/a', '/b', '/c', '/last'])
    assert.equal(await second.end('SIGTERM'), 0)
  })

  test('after SIGKILL while a provider hangs, the next process delivers the message', async (t) => {
    const push = await startPushServer(t)
    push.state.status = 0
    const { start } = fixture(t)
    const first = await start({ more: 'gateway: {answer_within_ms: 50}' })
    assert.deepEqual(await notify(first.url, { pushkey: `${push.url}/a` }, '$event'), {
      status: 200,
      body: { rejected: [] },
    })
    assert.equal(push.state.calls, 1)
    await first.end('SIGKILL')
    push.state.status = 201
    await start()
    await eventually(() => push.state.delivered.length === 1)
  })

  test('SIGTERM responds to requests that wait for a hanging provider, and keeps the message', async (t) => {
    const push = await startPushServer(t)
    push.state.status = 0
    const { start } = fixture(t)
    const first = await start()
    const waiting = notify(first.url, { pushkey: `${push.url}/a` }, '$event')
    await eventually(() => push.state.calls === 1)
    const ended = first.end('SIGTERM')
    assert.deepEqual(await waiting, { status: 200, body: { rejected: [] } })
    assert.equal(await ended, 0)
    push.state.status = 201
    await start()
    await eventually(() => push.state.delivered.length === 1)
  })

  test('SIGHUP under load drops no connection and loses no message, and an invalid file changes nothing', async (t) => {
    const push = await startPushServer(t)
    const { start, configure, file } = fixture(t)
    const errorLines: string[] = []
    const gateway = await start({ onErrorLine: (line) => errorLines.push(line) })
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    const ports = new Set<number | undefined>()
    const send = (n: number) =>
      new Promise<number>((resolve, reject) => {
        const outgoing = request(gateway.url + NOTIFY, { method: 'POST', agent }, (response) => {
          ports.add(response.socket.localPort)
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        const devices = [{ app_id: 'up', pushkey: `${push.url}/${n}` }]
        outgoing.on('error', reject).end(JSON.stringify({ notification: { event_id: `$${n}`, devices } }))
      })
    let count = 0
    const loop = async () => {
      const statuses: number[] = []
      while (count < 400) {
        if (count % 100 === 50) process.kill(gateway.pid, 'SIGHUP')
        statuses.push(await send(count++))
      }
      return statuses
    }
    const statuses = (await Promise.all(Array.from({ length: 8 }, loop))).flat()
    assert.deepEqual(new Set(statuses), new Set([200]))
    assert.ok(ports.size <= 8, `${ports.size} connections`)
    await eventually(() => push.state.delivered.length === statuses.length)

    configure({ apps: 'up: {type: carrier pigeon}' })
    process.kill(gateway.pid, 'SIGHUP')
    const line = await eventually(() => errorLines.find((one) => one.includes('was not reloaded')))
    assert.match(line, /bad value for \\"apps.up.type\\"/)
    for (const one of errorLines) assert.doesNotThrow(() => void JSON.parse(one), `not JSON: ${one}`)
    writeFileSync(file, 'apps: {up: {type: unifiedpush}, new: {type: unifiedpush}}')
    process.kill(gateway.pid, 'SIGHUP')
    await eventually(async () => {
      const { body } = {
        body: (await (await fetch(`${gateway.url}/health`)).json()) as { gateway: { apps: object } },
      }
      return 'new' in body.gateway.apps
    })
    await notify(gateway.url, { app_id: 'new', pushkey: `${push.url}/new` }, '$new')
    await eventually(() => push.state.delivered.includes('/new'))
    agent.destroy()
    assert.equal(await gateway.end('SIGTERM'), 0)
  })

  test('trace prints the journey of an event for each device, while the gateway runs and after SIGKILL', async (t) => {
    const push = await startPushServer(t)
    const { start, file } = fixture(t)
    const gateway = await start()
    const trace = (eventId: string, ...more: string[]) =>
      runHere(['gateway', 'trace', eventId, '--config', file, '--data', dirname(file), ...more])
    const dead = `${push.url}/dead`
    await notify(gateway.url, { pushkey: `${push.url}/well` }, '$event')
    push.state.status = 410
    await notify(gateway.url, { pushkey: dead }, '$event')
    await notify(gateway.url, { pushkey: dead }, '$event')
    const traced = await eventually(async () => {
      const said = await trace('$event')
      return said.out.includes('received this message before') && said
    })
    assert.equal(traced.code, 0)
    const lines = traced.out.replaceAll(/ {2}\d{4}-\S+Z/g, '').replaceAll(/\d+ ms/g, 'N ms')
    assert.match(
      lines,
      new RegExp(`^up, ${shortHash(`${push.url}/well`)}:\n {2}gateway 1 .*accepted the message.*status 201`),
    )
    assert.match(
      lines,
      new RegExp(`\nup, ${shortHash(dead)}:\n {2}gateway 1 .*token is no longer valid.*status 410`),
    )
    assert.ok(!traced.out.includes(push.url), 'no pushkey')
    await gateway.end('SIGKILL')
    const { devices } = JSON.parse((await trace('$event', '--json')).out) as { devices: unknown[] }
    assert.equal(devices.length, 2)
    const unknown = await trace('$other')
    assert.deepEqual([unknown.code, /has no record/.test(unknown.out)], [1, true])
    const codeOf = async (...args: string[]) =>
      (await runHere(['gateway', 'trace', ...args, '--config', file])).code
    assert.equal(await codeOf('$event', '--data', '/nowhere'), 2)
    assert.equal(await codeOf(), 2)
  })

  test('check prints the faults of each app and exits 1, or exits 0 without a fault', async (t) => {
    const { configure, file } = fixture(t)
    const check = async () => {
      const { code, out } = await runHere(['gateway', 'check', '--config', file])
      return { code, stdout: `${out}\n` }
    }
    configure({
      apps: 'up: {type: unifiedpush}, in: {type: inbox, pushkeys: [0123456789abcdef0123456789abcdef]}',
    })
    assert.deepEqual(await check(), { code: 0, stdout: 'ok     up (unifiedpush)\nok     in (inbox)\n' })
    configure({ apps: 'open: {type: inbox}, short: {type: inbox, pushkeys: [alices-phone]}' })
    const inboxes = await check()
    assert.equal(inboxes.code, 1)
    assert.match(
      inboxes.stdout,
      /^fault {2}open: "pushkeys" is missing: .*\nfault {2}short: .*at least 22 random characters.*\n$/,
    )
    configure({
      apps: 'up: {type: unifiedpush}, a: {type: apns, keyfile: /nowhere.p8, key_id: K, team_id: T, topic: t}, b: {type: gcm, api_key: SECRET}',
    })
    const { code, stdout } = await check()
    assert.equal(code, 1)
    assert.match(
      stdout,
      /^ok {5}up.*\nfault {2}a: .*keyfile.*\nfault {2}b: .*legacy API.*\nfault {2}b: .*project_id" is missing\nfault {2}b: .*service_account_file" is missing\n$/,
    )
    assert.ok(!stdout.includes('SECRET'))
    configure({ more: 'gateway: {retry_hours: 0}' })
    const refused = await check()
    assert.equal(refused.code, 1)
    assert.match(refused.stdout, /^fault {2}the configuration: bad value for "gateway.retry_hours"/)
  })
})

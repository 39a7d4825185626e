import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { createGatewayApp } from '../../src/gateway-app.ts'
import { checkGateway } from '../../src/gateway-app/check-gateway.ts'
import { createLog } from '../../src/lib/log.ts'
import { afterTest } from '../support/after-test.ts'
import { APNS_CERTIFICATE, APNS_CERTIFICATE_KEY } from '../support/loopback-certificate.ts'
import { startFakeApns } from '../support/fake-apns.ts'
import { folderWith } from './apns/fixture.ts'

// `belfry gateway check` and the start report the same faults, all of them at once.

const APP = 'org.example.ios'

async function createConfigFixture(t: TestContext, change: (path: (name: string) => string) => object) {
  const apns = await startFakeApns()
  afterTest(t, () => apns[Symbol.asyncDispose]())
  const folder = await folderWith(t, {
    'key.p8': apns.privateKey,
    'cert.pem': `${APNS_CERTIFICATE}\n${APNS_CERTIFICATE_KEY}`,
    'ca.pem': apns.ca,
  })
  const path = (name: string) => join(folder, name)
  const validApp = {
    type: 'apns',
    keyfile: path('key.p8'),
    key_id: apns.keyId,
    team_id: apns.teamId,
    topic: 'org.example.app',
    base_url: apns.url,
    ca_file: path('ca.pem'),
  }
  const text = JSON.stringify({ apps: { [APP]: { ...validApp, ...change(path) } }, data: path('data') })
  const load = () =>
    loadGatewayConfig({
      argv: ['--listen', '127.0.0.1:0', '--config', 'x'],
      env: {},
      readFile: () => text,
    })
  const lines: { level: string; msg: string }[] = []
  const log = createLog({
    level: 'info',
    stream: { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  })
  const start = async () => {
    const app = await createGatewayApp(load(), { log })
    afterTest(t, () => app.close())
    return app
  }
  const check = async () => {
    const { lines: found, warnings } = await checkGateway(load())
    return { faults: found.flatMap(({ fault }) => fault ?? []), warnings }
  }
  return { path, check, start, logged: (level: string) => lines.filter((one) => one.level === level) }
}

/** The check returns all faults, and the start fails with one error that contains all of them. */
async function assertRefused(fixture: Awaited<ReturnType<typeof createConfigFixture>>, expected: RegExp[]) {
  const { faults } = await fixture.check()
  assert.equal(faults.length, expected.length, faults.join('\n'))
  for (const [index, fault] of expected.entries()) assert.match(faults[index] ?? '', fault)
  await assert.rejects(fixture.start(), (error: Error) => {
    assert.equal(error.name, 'ConfigError')
    for (const fault of faults) assert.ok(error.message.includes(fault), fault)
    return true
  })
}

suite('gateway check and the start', () => {
  test('report every fault of an app and every unknown key at once', async (t) => {
    const fixture = await createConfigFixture(t, () => ({
      topic: undefined,
      key_id: undefined,
      platform: 'beta',
      max_connections: 0,
      inflight_request_limit: 'many',
      topics: 'x',
      keyid: 'y',
    }))
    await assertRefused(fixture, [
      /"apps\.org\.example\.ios\.inflight_request_limit"/,
      /\.platform": expected one of/,
      /\.max_connections"/,
      /\.key_id" is missing/,
      /\.topic" is missing/,
    ])
    const { warnings } = await fixture.check()
    assert.deepEqual(
      warnings.map((warning) => /\.(\w+)" is not known/.exec(warning)?.[1]),
      ['topics', 'keyid'],
    )
  })

  test('report every fault of an FCM app, including the keys of the legacy API', async (t) => {
    const fixture = await createConfigFixture(t, () => ({
      type: 'gcm',
      api_version: 'legacy',
      api_key: 'x',
      fcm_options: 7,
    }))
    await assertRefused(fixture, [
      /api_version": Google has shut down/,
      /api_key" belongs to the legacy API/,
      /project_id" is missing/,
      /service_account_file" is missing/,
      /fcm_options"/,
    ])
  })

  test('report both files that cannot be read', async (t) => {
    const fixture = await createConfigFixture(t, (path) => ({
      keyfile: path('gone.p8'),
      ca_file: path('none.pem'),
    }))
    await assertRefused(fixture, [/keyfile \(.*gone\.p8\): there is no such file/, /ca_file \(.*none\.pem\)/])
  })

  test('refuse an app with certfile and keyfile, with a note on the behaviour of Sygnal', async (t) => {
    const fixture = await createConfigFixture(t, (path) => ({ certfile: path('cert.pem') }))
    await assertRefused(fixture, [
      /certfile": cannot be used together with keyfile.*Sygnal uses the certificate.*remove/,
    ])
  })

  test('warn about a key file that other users can read', async (t) => {
    const fixture = await createConfigFixture(t, () => ({}))
    await chmod(fixture.path('key.p8'), 0o644)
    const { faults, warnings } = await fixture.check()
    assert.deepEqual(faults, [])
    assert.match(warnings.join(), /keyfile \(.*key\.p8\) can be read by all users of this machine/)
    await fixture.start()
    assert.deepEqual(
      fixture.logged('warn').map(({ msg }) => msg),
      warnings,
    )
  })

  test('report a malformed key_id as a fault, the server starts, and /health shows the fault without a file path', async (t) => {
    const fixture = await createConfigFixture(t, () => ({ key_id: 'short' }))
    const { faults } = await fixture.check()
    assert.match(faults.join(), /key_id must have ten characters/)
    const app = await fixture.start()
    assert.deepEqual(
      fixture.logged('error').map(({ msg }) => msg),
      faults,
    )
    const { url } = await app.listen()
    const health = (await (await fetch(`${url}/health`)).json()) as {
      gateway: { apps: Record<string, { state: string; troubles: { reason: string }[] }> }
    }
    const { state, troubles } = health.gateway.apps[APP] ?? assert.fail()
    assert.deepEqual([state, troubles.map(({ reason }) => reason)], ['failing', ['bad key_id']])
  })

  test('report a key file without a private key, and /health names the setting and not the file', async (t) => {
    const fixture = await createConfigFixture(t, (path) => ({ keyfile: path('ca.pem') }))
    assert.match((await fixture.check()).faults.join(), /contains no private key/)
    const { url } = await (await fixture.start()).listen()
    const text = await (await fetch(`${url}/health`)).text()
    assert.match(text, /"failing".*"bad keyfile"/)
    assert.doesNotMatch(text, /ca\.pem/)
  })

  test('report nothing for a valid app, also with the short platform name', async (t) => {
    const fixture = await createConfigFixture(t, () => ({ platform: 'prod' }))
    assert.deepEqual(await fixture.check(), { faults: [], warnings: [] })
    await fixture.start()
    assert.deepEqual([fixture.logged('warn'), fixture.logged('error')], [[], []])
  })
})
